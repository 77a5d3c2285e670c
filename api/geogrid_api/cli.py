"""The command ``geogrid serve``: run the HTTP service."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Final

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from geogrid.cli.command_support import load_settings, open_store
from geogrid.errors import SetupError
from geogrid.services.layer_generations import list_versions
from geogrid_api.app import create_app
from geogrid_api.http_protocol import BoundedHttpProtocol
from geogrid_maps.vendor import is_complete

if TYPE_CHECKING:
    from fastapi import FastAPI

_GRACE_S: Final = 20
_PAGES: Final = (
    ("/desk", "dispatch desk 派单台"),
    ("/maps/heatmap", "heat map 热力图"),
    ("/docs", "API 接口文档"),
)
#: Pages of a store without layers.
_FIRST_PAGES: Final = (("/setup", "what to bring next 接下来准备什么"), ("/docs", "API 接口文档"))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Number of worker processes. They share one database.",
)
@click.option(
    "--render-workers",
    type=click.IntRange(0, 64),
    envvar="GEOGRID_RENDER_WORKERS",
    show_default="one for two cores",
    help="Largest number of render processes of each worker process, for maps, prints and figures by area. They start "
    "with the first map. 0 computes maps in the worker process.",
)
def serve(host: str, port: int, workers: int, render_workers: int | None) -> None:
    """Serve the API and the maps. 启动服务。

    Anyone who can reach the port can locate points and see the maps. Incidents need an API key or a login (geogrid
    keys, geogrid users).
    """
    with open_store() as store:
        has_layers = bool(list_versions(store))
    listener = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    click.echo(f"geogrid serves on 服务地址 {address}")
    for path, name in _PAGES if has_layers else _FIRST_PAGES:
        click.echo(f"  {address}{path:<14} {name}")
    if not is_complete():
        click.echo(
            "The map scripts are not installed; pages load them from the internet. 地图脚本尚未下载，暂用外部地址。",
            err=True,
        )
    if render_workers is None:
        render_workers = _default_render_workers(workers)
    # Worker processes read their settings from the environment.
    os.environ["GEOGRID_RENDER_WORKERS"] = str(render_workers)
    # Create the application before the worker processes start, so that a wrong setting is reported once.
    app = create_app(load_settings())
    config = make_config(app if workers == 1 else "geogrid_api.app:create_app", workers=workers)
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def make_config(app: FastAPI | str, *, workers: int) -> uvicorn.Config:
    """Return the settings of the HTTP server. It uses uvloop if it is installed.

    Parameters
    ----------
    app
        Application, or the name of its factory for several worker processes.
    workers
        Number of worker processes.
    """
    return uvicorn.Config(
        app,
        factory=workers > 1,
        workers=workers,
        http=BoundedHttpProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Without a timeout a client that stalls while it sends a body would block the shutdown.
        timeout_graceful_shutdown=_GRACE_S,
    )


def _default_render_workers(workers: int) -> int:
    """Return one render process for two cores, shared among the worker processes; 0 on Windows."""
    if not hasattr(socket, "AF_UNIX"):
        return 0
    return max(1, (os.cpu_count() or 1) // (2 * workers))


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. It is opened first, so that a port in use is reported clearly."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = error.strerror if isinstance(error, OSError) else "invalid host name"
        raise SetupError(
            "The port is in use." if in_use else f"The address cannot be used: {reason}.",
            code="port_taken" if in_use else "address",
            field=f"{host}:{port}",
            remedy="Stop the program that uses the port, or choose another port: make run PORT=8001.",
        ) from error
    # asyncio does not set this option on existing sockets, and without it small responses are delayed by 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
