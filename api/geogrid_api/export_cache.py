"""Cache of exported layers.

A worker process writes each export, with a timeout: to cut the layers of a whole country into tiles takes minutes.
Exports are files, because Starlette serves Range requests from files and because the layers of a city may be large.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geogrid.errors import GeogridError
from geogrid.layers.export import Encoding, ExportFormat, write_export
from geogrid.services.provenance import layer_provenance
from geogrid.services.subprocess_worker import run_in_subprocess

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.model import Generation

#: Number of generations whose exports are kept: clients may still read the previous one after an import.
_MAX_GENERATIONS: Final = 2


class ExportCache:
    """Temporary folder with exports of the generations last requested; `close` removes it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="geogrid-exports-")
        # One export at a time: concurrent requests for one export wait for it, and the CPU is not overloaded.
        self._lock = threading.Lock()
        self._generations: list[int] = []
        self._failed: dict[Path, GeogridError] = {}

    def get(
        self,
        generation: Generation,
        layers: Mapping[str, gpd.GeoDataFrame],
        form: ExportFormat,
        encoding: Encoding = Encoding.UTF8,
        *,
        credit: str = "",
    ) -> Path:
        """Return the path of an export, and write the file on the first request.

        Parameters
        ----------
        generation
            The generation.
        layers
            Either one layer or all layers of the generation.
        form, encoding
            Format of the file, and encoding of its attributes.
        credit
            Source of the outline of the district.

        Raises
        ------
        GeogridError
            If `geogrid.layers.export.write_export` raises it.
        """
        # No layer has the name _all.
        name = next(iter(layers)) if len(layers) == 1 else "_all"
        path = Path(self._folder.name, str(generation.id), f"{name}-{encoding}{form.suffix}")
        if not path.exists():
            with self._lock:
                self._write(generation, path, layers, form, encoding, credit)
        return path

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def _write(
        self,
        generation: Generation,
        path: Path,
        layers: Mapping[str, gpd.GeoDataFrame],
        form: ExportFormat,
        encoding: Encoding,
        credit: str,
    ) -> None:
        if path.exists():
            return
        if path in self._failed:
            raise self._failed[path]
        if generation.id not in self._generations:
            self._generations.append(generation.id)
            for old in self._generations[:-_MAX_GENERATIONS]:
                shutil.rmtree(path.parent.with_name(str(old)), ignore_errors=True)
            del self._generations[:-_MAX_GENERATIONS]
        path.parent.mkdir(exist_ok=True)
        try:
            write = partial(write_export, encoding=encoding, provenance=layer_provenance(generation, layers, credit))
            run_in_subprocess(write, path, dict(layers), form)
        except GeogridError as error:
            # Another attempt would fail in the same way, possibly after minutes.
            self._failed[path] = error
            raise
