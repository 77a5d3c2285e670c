"""Reading of named layers from a folder of standard files, or from single files of any format."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geogrid.errors import FileError, LayerError
from geogrid.geo.datums import WGS84
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.files import FieldMapping, read_any_file, read_unchecked_file
from geogrid.layers.files.file_signature import is_geodatabase
from geogrid.layers.generation_file_reader import LAYER_FILES, read_collection
from geogrid.layers.noding import describe_noding, node_layers
from geogrid.layers.standard_columns import standard_frame
from geogrid.layers.thematic_layers import ThematicLayer, check_theme_name, make_theme
from geogrid.layers.topology import read_unchecked
from geogrid.model import DedicatedNesting, Layer

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
    layer_datums
        The datum by layer, before `datum`.
    table
        The layer of a file with several, such as a table of a GeoPackage or a folder of a KML file; by default the one
        named like the target layer, or the only one.
    mappings
        Column mappings by layer; the empty key applies to all other layers.
    titles
        Chinese titles of thematic layers.
    dedicated_in
        The area in which dedicated grids must lie; None for the rule of the base generation.
    scheme
        Code scheme of the district.
    """

    datum: str | None = None
    table: str | None = None
    layer_datums: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[str, FieldMapping] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    dedicated_in: DedicatedNesting | None = None
    scheme: CodeScheme = ANY_CODES


@dataclass(frozen=True, slots=True)
class ImportedLayers:
    """Grid layers and thematic layers as read from files, not yet checked.

    Attributes
    ----------
    layers, themes
        In WGS 84.
    notes
        Remarks for the user on the reading.
    drawn_in
        The datum of the file of each grid layer, by default WGS 84.
    dedicated_in
        The area in which dedicated grids must lie, if it is declared.
    absent
        Layers without a file in a folder: the district does not have them, so a base generation does not supply them.
    """

    layers: dict[Layer, gpd.GeoDataFrame]
    themes: dict[str, ThematicLayer]
    notes: list[str]
    drawn_in: dict[Layer, str] = field(default_factory=dict)
    dedicated_in: DedicatedNesting | None = None
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
    if not (path.is_file() or is_geodatabase(path)):
        raise FileError(f"The file {path.name} does not exist.", code="file_missing", field="SOURCE")
    return LayerSource(layer, path)


def read_directory(
    directory: Path, scheme: CodeScheme = ANY_CODES, titles: Mapping[str, str] | None = None
) -> ImportedLayers:
    """Read the standard files of a folder without checking them; a layer without a file is absent.

    In a folder that ``geogrid layers export`` has written, its thematic layers are read too.

    Parameters
    ----------
    directory
        The folder.
    scheme
        The code scheme of the district.
    titles
        Titles of thematic layers, which GeoJSON does not have.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    themes = [LayerSource(path.stem, path) for path in sorted(directory.glob("*.geojson")) if _is_exported_theme(path)]
    imported = read_sources(themes, ReadingOptions(datum=WGS84, titles=titles or {}, scheme=scheme))
    imported.layers.update(read_unchecked(directory, scheme))
    return replace(imported, absent=frozenset(Layer) - imported.layers.keys())


def _is_exported_theme(path: Path) -> bool:
    if path.stem in set(Layer) or path.name in LAYER_FILES.values():
        return False
    return read_collection(path).get("name") == path.stem


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
        If a file cannot be read (the message names file, feature and column), a layer occurs twice, or a title or
        a datum belongs to none of the layers.

    Examples
    --------
    >>> from geogrid.reference_files import data_path
    >>> path = data_path("boundaries", "rural.geojson")
    >>> imported = read_sources([LayerSource("rural", path), LayerSource("plots", path)], ReadingOptions("wgs84"))
    >>> len(imported.layers[Layer.RURAL]), imported.themes["plots"].theme.shape.value
    (183, 'Polygon')
    """
    options = options or ReadingOptions()
    imported = ImportedLayers({}, {}, [], dedicated_in=options.dedicated_in)
    sources = list(sources)
    _check_layers_of("title", options.titles, sources)
    _check_layers_of("datum", options.layer_datums, sources)
    for source in sources:
        if source.layer in {*imported.layers, *imported.themes}:
            raise LayerError(
                f"{source.path.name}: The layer {source.layer} is given twice.", code="layer_twice", field="SOURCE"
            )
        add = _add_layer if source.layer in set(Layer) else _add_theme
        raw = add(imported, source, options)
        imported.notes.extend(f"{source.path.name}: {note}" for note in raw.notes)
    noded = node_layers(imported.layers, imported.drawn_in)
    return replace(imported, layers=noded.layers, notes=[*imported.notes, *describe_noding(noded)])


def _check_layers_of(option: str, layers: Iterable[str], sources: Iterable[LayerSource]) -> None:
    if not set(layers) <= {source.layer for source in sources}:
        raise LayerError(
            f"A {option} is given for a layer without a file.",
            code="layer_unknown",
            field=option,
            remedy="Use the layer name of a LAYER=FILE argument.",
        )


def _add_layer(imported: ImportedLayers, source: LayerSource, options: ReadingOptions) -> RawLayer:
    layer = Layer(source.layer)
    raw = _read(read_unchecked_file, source, options)
    frame = standard_frame(raw, layer, options.scheme)
    imported.layers[layer], imported.drawn_in[layer] = frame, raw.datum
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
    datum = options.layer_datums.get(source.layer, options.datum)
    try:
        return read(source.path, layer=options.table, datum=datum, mapping=mapping)
    except FileError as error:
        # The file has several tables: read the one named like the layer.
        if error.code != "layer_choice" or options.table:
            raise
        return read(source.path, layer=source.layer, datum=datum, mapping=mapping)
