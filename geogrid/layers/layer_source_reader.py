"""Reading of named layers from a folder of standard files, or from single files of any format."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import FileError, LayerError
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.files import FieldMapping, read_any_file, read_file
from geogrid.layers.standard_columns import standard_frame
from geogrid.layers.thematic_layers import ThematicLayer, check_theme_name, make_theme
from geogrid.layers.topology import read_unchecked
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd

    from geogrid.layers.files import RawLayer


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A file and its target layer: one of `Layer`, or the name of a thematic layer."""

    layer: str
    path: Path


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Options for reading files; see `geogrid.layers.files.read_file`.

    Attributes
    ----------
    datum
        The datum of files that do not name one.
    table
        The table of a GeoPackage; by default the one named like the layer, or the only one.
    mappings
        Column mappings by layer; the empty key applies to all other layers.
    titles
        Chinese titles of thematic layers.
    scheme
        Code scheme of the district.
    """

    datum: str | None = None
    table: str | None = None
    mappings: Mapping[str, FieldMapping] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    scheme: CodeScheme = ANY_CODES


@dataclass(frozen=True, slots=True)
class ImportedLayers:
    """Grid layers and thematic layers as read from files, not yet checked, with remarks for the user on the reading.

    Attributes
    ----------
    absent
        Layers without a file in a folder: the district does not have them, so a base generation does not supply them.
    """

    layers: dict[Layer, gpd.GeoDataFrame]
    themes: dict[str, ThematicLayer]
    notes: list[str]
    absent: frozenset[Layer] = frozenset()


def parse_source(text: str) -> LayerSource:
    """Parse ``LAYER=FILE``.

    Raises
    ------
    FileError
        If the layer name or the file is missing.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> parse_source(f"urban={data_path('boundaries', 'urban.geojson')}").layer
    'urban'
    """
    layer, separator, name = text.partition("=")
    if not (separator and layer and name):
        raise FileError(
            "The layer of the file is missing.",
            code="source",
            field="SOURCE",
            remedy="Write LAYER=FILE, such as urban=grids.zip.",
        )
    path = Path(name)
    if not path.is_file():
        raise FileError(f"The file {path.name} does not exist.", code="file_missing", field="SOURCE")
    return LayerSource(layer, path)


def read_directory(directory: Path, scheme: CodeScheme = ANY_CODES) -> ImportedLayers:
    """Read the standard files of a folder without checking them; a layer without a file is absent."""
    layers = read_unchecked(directory, scheme)
    return ImportedLayers(layers, {}, [], frozenset(Layer) - layers.keys())


def read_sources(sources: Iterable[LayerSource], options: ReadingOptions | None = None) -> ImportedLayers:
    """Read files of any format into their target layers.

    Parameters
    ----------
    sources
        The files, at most one per layer.
    options
        Options for all files.

    Raises
    ------
    InputError
        If a file cannot be read (the message names file, feature and column), a layer occurs twice, or a title belongs
        to none of the layers.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> path = data_path("boundaries", "rural.geojson")
    >>> imported = read_sources([LayerSource("rural", path), LayerSource("plots", path)], ReadingOptions("wgs84"))
    >>> len(imported.layers[Layer.RURAL]), imported.themes["plots"].theme.shape.value
    (183, 'Polygon')
    """
    options = options or ReadingOptions()
    imported = ImportedLayers({}, {}, [])
    sources = list(sources)
    if not set(options.titles) <= {source.layer for source in sources}:
        raise LayerError(
            "A title is given for a layer without a file.",
            code="layer_unknown",
            field="title",
            remedy="Use the layer name of a LAYER=FILE argument.",
        )
    for source in sources:
        if source.layer in {*imported.layers, *imported.themes}:
            raise LayerError(
                f"{source.path.name}: The layer {source.layer} is given twice.", code="layer_twice", field="SOURCE"
            )
        add = _add_layer if source.layer in set(Layer) else _add_theme
        raw = add(imported, source, options)
        imported.notes.extend(f"{source.path.name}: {note}" for note in raw.notes)
    return imported


def _add_layer(imported: ImportedLayers, source: LayerSource, options: ReadingOptions) -> RawLayer:
    layer = Layer(source.layer)
    raw = _read(read_file, source, options)
    imported.layers[layer] = standard_frame(raw, layer, options.scheme)
    return raw


def _add_theme(imported: ImportedLayers, source: LayerSource, options: ReadingOptions) -> RawLayer:
    # Check the name before reading a large file.
    check_theme_name(source.layer)
    raw = _read(read_any_file, source, options)
    theme = make_theme(source.layer, raw.shape, options.titles.get(source.layer))
    imported.themes[theme.name] = ThematicLayer(theme, standard_frame(raw, None))
    return raw


def _read(read: Callable[..., RawLayer], source: LayerSource, options: ReadingOptions) -> RawLayer:
    mapping = options.mappings.get(source.layer) or options.mappings.get("")
    try:
        return read(source.path, layer=options.table, datum=options.datum, mapping=mapping)
    except FileError as error:
        # The file has several tables: read the one named like the layer.
        if error.code != "layer_choice" or options.table:
            raise
        return read(source.path, layer=source.layer, datum=options.datum, mapping=mapping)
