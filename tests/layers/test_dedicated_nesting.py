"""Tests of the rules for dedicated grids that lie in several communities."""

import geopandas as gpd
import pytest
import shapely

from geogrid.errors import FileError, QueryError
from geogrid.frames import check_layers as check_frames
from geogrid.layers.dedicated_nesting import read_nesting
from geogrid.layers.files import read_mappings
from geogrid.layers.mend import mend_layers
from geogrid.layers.topology import FindingCode, check_layers
from geogrid.model import DedicatedNesting, Layer

WEST, SOUTH, SIDE = 113.2, 40.0, 0.01
COMMUNITIES = ["140213001001", "140213001002", "140213002001"]
CROSSES_STREET, CROSSES_COMMUNITY, OUTSIDE = (1.5, 2.5), (0.6, 1.3), (2.5, 3.5)


def box(first, last):
    """Return a box over columns of communities, which have the width 1."""
    return shapely.box(WEST + first * SIDE, SOUTH, WEST + last * SIDE, SOUTH + SIDE)


def frame(**shapes):
    codes = list(shapes)
    data = {"code": codes, "name": codes, "parent": [code[:-3] for code in codes], "kind": "park"}
    return gpd.GeoDataFrame(data, geometry=list(shapes.values()), crs=4326)


def layers(span):
    """Return three communities in a row, the last in another street, and a dedicated grid of the first or second."""
    parent = COMMUNITIES[1] if span is CROSSES_STREET else COMMUNITIES[2] if span is OUTSIDE else COMMUNITIES[0]
    return {
        Layer.DISTRICT: frame(**{"140213": box(0, 3)}).assign(parent=None),
        Layer.STREET: frame(**{"140213001": box(0, 2), "140213002": box(2, 3)}),
        Layer.COMMUNITY: frame(**{code: box(column, column + 1) for column, code in enumerate(COMMUNITIES)}),
        Layer.URBAN: frame(**{f"{code}001": box(column, column + 1) for column, code in enumerate(COMMUNITIES)}),
        Layer.DEDICATED: frame(**{f"{parent}501": box(*span)}),
    }


def found(span, rule):
    nesting = {FindingCode.TWO_PARENTS, FindingCode.OUTSIDE_PARENT}
    return [finding.code for finding in check_layers(layers(span), dedicated_in=rule) if finding.code in nesting]


@pytest.mark.parametrize(
    ("span", "community", "street", "largest_share", "none"),
    [
        (CROSSES_COMMUNITY, ["two_parents"], [], [], []),
        (CROSSES_STREET, ["two_parents"], ["two_parents"], [], []),
        ((0.9, 1.5), ["two_parents"], [], ["two_parents"], []),
        (OUTSIDE, ["outside_parent"], ["outside_parent"], ["outside_parent"], ["outside_parent"]),
        ((0.2, 0.8), [], [], [], []),
    ],
)
def test_rules(span, community, street, largest_share, none):
    expected = {"community": community, "street": street, "largest_share": largest_share, "none": none}
    assert {rule.value: found(span, rule) for rule in DedicatedNesting} == expected


def test_mending_keeps_dedicated_grids_within_their_rule():
    shape = layers((0.6, 1.000002))[Layer.DEDICATED].geometry[0]
    by_rule = {
        rule: mend_layers(layers((0.6, 1.000002)), dedicated_in=rule).layers[Layer.DEDICATED].geometry[0]
        for rule in (DedicatedNesting.COMMUNITY, DedicatedNesting.STREET)
    }
    assert by_rule[DedicatedNesting.STREET].equals(shape)
    assert by_rule[DedicatedNesting.COMMUNITY].area <= shape.area


def test_rule_for_frames():
    named = {layer.value: frame for layer, frame in layers(CROSSES_COMMUNITY).items()}
    found = {rule: list(check_frames(named, dedicated_in=rule)["finding"]) for rule in ("community", "street")}
    assert found == {"community": ["two_parents"], "street": []}
    with pytest.raises(QueryError, match="rule for dedicated grids is unknown"):
        check_frames(named, dedicated_in="town")


def test_mapping_file_declares_the_rule(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('code = "WGBM"\n[dedicated]\nnested_in = "largest_share"\nkind = "LX"\n', encoding="utf-8")
    assert read_nesting(path) is DedicatedNesting.LARGEST_SHARE
    assert read_mappings(path)["dedicated"].kind == "LX"
    path.write_text('[dedicated]\nnested_in = "town"\n', encoding="utf-8")
    with pytest.raises(FileError, match="rule for dedicated grids is unknown") as caught:
        read_nesting(path)
    assert "largest_share" in caught.value.remedy
    path.write_text('code = "WGBM"\n', encoding="utf-8")
    assert read_nesting(path) is None
