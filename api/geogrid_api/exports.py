"""Exports that the service has made, kept as files, so that a second request costs nothing.

Each is made by a process of its own: a layer of a whole country takes minutes to be cut into tiles, and is given up.

They lie on the disk and not in memory: Starlette answers Range requests out of files, and a city's layers may be large.
The folder goes when the service stops; of generations only the last few that were asked for are kept.
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
from geogrid.services.subprocess_worker import run_in_subprocess

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

#: As many generations as a service may be asked for at once, while one follows the other.
_KEPT: Final = 2


class Exports:
    """A folder of exports."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="geogrid-exports-")
        # One export is made at a time: a crowd that asks for the same one waits for it, and the processor is left free.
        self._making = threading.Lock()
        self._generations: list[int] = []
        self._failed: dict[Path, GeogridError] = {}

    def get(
        self,
        generation: int,
        layers: Mapping[str, gpd.GeoDataFrame],
        form: ExportFormat,
        encoding: Encoding = Encoding.UTF8,
    ) -> Path:
        """Return the export of some layers of a generation, made now if it was not there.

        Raises
        ------
        GeogridError
            All that `geogrid.layers.export.write_export` raises.
        """
        # No layer is called so.
        name = next(iter(layers)) if len(layers) == 1 else "_all"
        path = Path(self._folder.name, str(generation), f"{name}-{encoding}{form.suffix}")
        if not path.exists():
            with self._making:
                self._make(generation, path, layers, form, encoding)
        return path

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def _make(
        self,
        generation: int,
        path: Path,
        layers: Mapping[str, gpd.GeoDataFrame],
        form: ExportFormat,
        encoding: Encoding,
    ) -> None:
        if path.exists():
            return
        if path in self._failed:
            raise self._failed[path]
        if generation not in self._generations:
            self._generations.append(generation)
            for old in self._generations[:-_KEPT]:
                shutil.rmtree(path.parent.with_name(str(old)), ignore_errors=True)
            del self._generations[:-_KEPT]
        path.parent.mkdir(exist_ok=True)
        try:
            run_in_subprocess(partial(write_export, encoding=encoding), path, dict(layers), form)
        except GeogridError as error:
            # It would fail again, after as long.
            self._failed[path] = error
            raise
