"""What a GIS office brings: a folder of standard files, or single files that say which layer each is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import FileError, LayerError
from geogrid.layers.convert import standard_frame
from geogrid.layers.files import FieldMapping, read_any_file, read_file
from geogrid.layers.themes import ThematicLayer, check_name, make_theme
from geogrid.layers.topology import read_unchecked
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd

    from geogrid.layers.files import RawLayer


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A file, and the layer that it is to be: one of `Layer`, or any name for a thematic layer."""

    layer: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How files are to be read; see `geogrid.layers.files.read_file`.

    Attributes
    ----------
    datum
        Of files that do not say.
    table
        The table of a GeoPackage; by default the one with the name of the layer, or the only one.
    mappings
        The columns by layer; those under an empty name hold for all others.
    titles
        The Chinese titles of thematic layers.
    """

    datum: str | None = None
    table: str | None = None
    mappings: Mapping[str, FieldMapping] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brought:
    """The layers that were brought, good or bad, and what was noticed on the way."""

    layers: dict[Layer, gpd.GeoDataFrame]
    themes: dict[str, ThematicLayer]
    notes: list[str]


def parse_source(text: str) -> LayerSource:
    """Read ``LAYER=FILE``.

    Raises
    ------
    FileError
        If it says no layer, or if there is no such file.

    Examples
    --------
    >>> from geogrid.resources import data_path
    >>> parse_source(f"urban={data_path('boundaries', 'urban.geojson')}").layer
    'urban'
    """
    layer, mark, name = text.partition("=")
    if not (mark and layer and name):
        raise FileError(
            "Each file says what it is to be.", code="source", field="SOURCE", remedy="Write urban=grids.zip."
        )
    path = Path(name)
    if not path.is_file():
        raise FileError(f"The file {path.name} is not there.", code="file_missing", field="SOURCE")
    return LayerSource(layer, path)


def read_directory(directory: Path) -> Brought:
    """Read the seven standard files of a folder, see `geogrid.layers.topology.read_unchecked`."""
    return Brought(dict(read_unchecked(directory)), {}, [])


def read_sources(sources: Iterable[LayerSource], options: ReadingOptions | None = None) -> Brought:
    """Read files of any format, each as the layer that it is to be.

    Parameters
    ----------
    sources
        The files; each layer at most once.
    options
        How to read them.

    Raises
    ------
    InputError
        If a file cannot be read; it names the file, and where it applies the feature and the column. If a title is that
        of no layer that is brought.

    Examples
    --------
    >>> from geogrid.resources import data_path
    >>> path = data_path("boundaries", "rural.geojson")
    >>> brought = read_sources([LayerSource("rural", path), LayerSource("plots", path)], ReadingOptions("wgs84"))
    >>> len(brought.layers[Layer.RURAL]), brought.themes["plots"].theme.shape.value
    (183, 'Polygon')
    """
    options = options or ReadingOptions()
    brought = Brought({}, {}, [])
    sources = list(sources)
    if not set(options.titles) <= {source.layer for source in sources}:
        raise LayerError(
            "A title is given to a layer that is not brought.",
            code="layer_unknown",
            field="title",
            remedy="Write the name of the layer as it stands before its file.",
        )
    for source in sources:
        if source.layer in {*brought.layers, *brought.themes}:
            raise LayerError(f"{source.path.name}: The layer is brought twice.", code="layer_twice", field="SOURCE")
        add = _add_layer if source.layer in set(Layer) else _add_theme
        raw = add(brought, source, options)
        brought.notes.extend(f"{source.path.name}: {note}" for note in raw.notes)
    return brought


def _add_layer(brought: Brought, source: LayerSource, options: ReadingOptions) -> RawLayer:
    layer = Layer(source.layer)
    raw = _read(read_file, source, options)
    brought.layers[layer] = standard_frame(raw, layer)
    return raw


def _add_theme(brought: Brought, source: LayerSource, options: ReadingOptions) -> RawLayer:
    # The name is checked before a large file is read.
    check_name(source.layer)
    raw = _read(read_any_file, source, options)
    theme = make_theme(source.layer, raw.shape, options.titles.get(source.layer))
    brought.themes[theme.name] = ThematicLayer(theme, standard_frame(raw, None))
    return raw


def _read(read: Callable[..., RawLayer], source: LayerSource, options: ReadingOptions) -> RawLayer:
    mapping = options.mappings.get(source.layer) or options.mappings.get("")
    try:
        return read(source.path, layer=options.table, datum=options.datum, mapping=mapping)
    except FileError as error:
        # Of several tables the one that is called like the layer is meant.
        if error.code != "layer_choice" or options.table:
            raise
        return read(source.path, layer=source.layer, datum=options.datum, mapping=mapping)
