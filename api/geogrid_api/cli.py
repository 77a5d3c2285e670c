"""``geogrid serve``."""

from __future__ import annotations

import errno
import socket
from typing import Final

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from geogrid.cli.command_support import load_settings, open_store
from geogrid.errors import SetupError
from geogrid.services.layers import generation_at
from geogrid_api.app import create_app
from geogrid_maps.vendor import is_complete

_GRACE_S: Final = 20


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="The port.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="So many processes on one database."
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the maps. 启动服务。

    Anyone who reaches the port can locate points and see the maps; incidents need a key or a login (geogrid keys,
    geogrid users).
    """
    with open_store() as store:
        generation_at(store)
    listener = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    click.echo(f"geogrid serves on 服务地址 {address}")
    for path, what in (
        ("/desk", "dispatch desk 派单台"),
        ("/maps/heatmap", "heat map 热力图"),
        ("/docs", "API 接口文档"),
    ):
        click.echo(f"  {address}{path:<14} {what}")
    if not is_complete():
        click.echo(
            "The maps' scripts are not here yet and load from outside. 地图脚本尚未下载，暂用外部地址。", err=True
        )
    # Before the first worker: a setting that is wrong is one clear line.
    app = create_app(load_settings())
    config = uvicorn.Config(
        app if workers == 1 else "geogrid_api.app:create_app",
        factory=workers > 1,
        workers=workers,
        log_level="warning",
        server_header=False,
        # A client that stalls in the middle of a body would otherwise keep a stop waiting for ever.
        timeout_graceful_shutdown=_GRACE_S,
    )
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else, so that a taken one is one clear line."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = error.strerror if isinstance(error, OSError) else "it is not a name"
        raise SetupError(
            "The port is taken." if taken else f"The address cannot be listened on: {reason}.",
            code="port_taken" if taken else "address",
            field=f"{host}:{port}",
            remedy="Stop what listens there, or choose another: make run PORT=8001.",
        ) from error
    # asyncio does not do so for listeners that it is given: small answers on a kept connection would wait for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
