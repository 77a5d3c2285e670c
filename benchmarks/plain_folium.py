"""A map with plain Folium, for comparison: grids with popups and all points as heat in one page."""

from __future__ import annotations

import gzip
import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import folium
from folium.plugins import HeatMap
from sqlalchemy import select

from geogrid.model import GRID_LAYERS
from geogrid.services.layer_generations import load_layers
from geogrid.store.tables import incidents
from geogrid_maps.assets import link_inline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from branca.element import Figure

    from geogrid.store.database import Store

_LEVEL = 5


def plain_page(store: Store) -> bytes:
    """Return the compressed page with inline scripts, like the pages of the service."""
    with store.read() as connection:
        points = connection.execute(select(incidents.c.lat, incidents.c.lon)).all()
    _, layers = load_layers(store)
    page = folium.Map([40.08, 113.3], zoom_start=12, tiles=None, prefer_canvas=True)
    for layer in GRID_LAYERS:
        shapes = layers[layer][["code", "name", "parent", "geometry"]]
        popup = folium.GeoJsonPopup(["code", "name", "parent"])
        folium.GeoJson(shapes, name=layer.value, popup=popup).add_to(page)
    HeatMap([list(point) for point in points], radius=13, blur=16).add_to(page)
    folium.LayerControl().add_to(page)
    link_inline(cast("Figure", page.get_root()))
    return gzip.compress(page.get_root().render().encode(), _LEVEL)


@contextmanager
def handing_out(page: bytes) -> Iterator[str]:
    """Serve a compressed page, and yield its URL."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                self.send_error(http.HTTPStatus.NOT_FOUND)
                return
            self.send_response(http.HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
