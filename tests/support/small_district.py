"""A synthetic district with letters in its codes, parents in a column, and only some of the layers."""

import geopandas as gpd
import shapely

from geogrid.layers.codes import ANY_CODES
from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.layers.layer_source_reader import read_directory
from geogrid.model import Layer
from geogrid.services.layer_generations import activate_generation
from geogrid.services.layer_import import import_layers

WEST, SOUTH, SIDE = 119.96, 30.53, 0.01
#: A point in the west half, and one in the east half.
IN_WEST, IN_EAST = (WEST + 0.5 * SIDE, SOUTH + 0.5 * SIDE), (WEST + 3.5 * SIDE, SOUTH + 0.5 * SIDE)
DISTRICT, WEST_STREET, EAST_STREET = "DQ", "DQ-W", "DQ-E"


def box(left, right, bottom=0, top=2):
    return shapely.box(WEST + left * SIDE, SOUTH + bottom * SIDE, WEST + right * SIDE, SOUTH + top * SIDE)


def grid_code(column, row):
    return f"33052100000000{column:02}{row:02}"


def _frame(rows):
    codes, parents, shapes = zip(*rows, strict=True)
    values = {"code": codes, "name": codes, "parent": parents, "kind": None, "synthetic": True}
    return gpd.GeoDataFrame(values, geometry=list(shapes), crs="EPSG:4326")


def _grids(parent_of):
    return _frame(
        [
            (grid_code(column, row), parent_of(column), box(column, column + 1, row, row + 1))
            for column in range(4)
            for row in range(2)
        ]
    )


def bare():
    """Return a district with grids only."""
    return {Layer.DISTRICT: _frame([(DISTRICT, None, box(0, 4))]), Layer.URBAN: _grids(lambda _: DISTRICT)}


def with_streets():
    """Return a district whose grids lie directly in streets."""
    streets = _frame([(WEST_STREET, DISTRICT, box(0, 2)), (EAST_STREET, DISTRICT, box(2, 4))])
    return bare() | {Layer.STREET: streets, Layer.URBAN: _grids(lambda column: (WEST_STREET, EAST_STREET)[column // 2])}


def mixed():
    """Return a district in which only the west street has communities."""
    communities = _frame([("C.1", WEST_STREET, box(0, 1)), ("C.2", WEST_STREET, box(1, 2))])
    grids = _grids(lambda column: ("C.1", "C.2", EAST_STREET, EAST_STREET)[column])
    return with_streets() | {Layer.COMMUNITY: communities, Layer.URBAN: grids}


def with_communities():
    """Return a district whose communities lie directly in the district."""
    communities = _frame([("C.1", DISTRICT, box(0, 2)), ("C.2", DISTRICT, box(2, 4))])
    return bare() | {Layer.COMMUNITY: communities, Layer.URBAN: _grids(lambda column: ("C.1", "C.2")[column // 2])}


def write_folder(folder, layers):
    """Write the layers that exist as standard files, and return the folder."""
    folder.mkdir(exist_ok=True)
    for layer, frame in layers.items():
        write_layer(folder / LAYER_FILES[layer], frame.drop(columns="kind"), {"name": layer.value})
    return folder


def activate(store, folder, layers, scheme=ANY_CODES):
    """Import layers from files and activate them."""
    done = import_layers(
        store, read_directory(write_folder(folder, layers), scheme), label="own", commit=True, scheme=scheme
    )
    assert done.findings == []
    activate_generation(store, done.generation.id)
    return done
