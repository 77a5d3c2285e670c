"""Tests of active generations and of the comparison of generations."""

import random
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate

from geogrid.layers.active_generation import active_at, generation_state, previous_generation
from geogrid.layers.diff import diff_layers
from geogrid.model import Activation, GenerationState, Layer

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


DECISIONS = [
    Activation(1, day(0), day(0)),
    Activation(2, day(10), day(1)),
    Activation(3, day(20), day(12)),
    Activation(2, day(15), day(15)),
]


@pytest.mark.parametrize(
    ("moment", "generation"), [(day(-1), None), (day(0), 1), (day(9), 1), (day(10), 2), (day(19), 2), (day(20), 3)]
)
def test_latest_started_generation_is_active(moment, generation):
    found = active_at(DECISIONS, moment)
    assert (found and found.generation) == generation


def test_later_activation_wins_at_equal_start():
    assert active_at([Activation(1, day(1), day(0)), Activation(2, day(1), day(0))], day(2)).generation == 2


def test_generation_states():
    states = [generation_state(number, DECISIONS, day(16)) for number in (1, 2, 3, 4)]
    assert states == [
        GenerationState.RETIRED,
        GenerationState.ACTIVE,
        GenerationState.PLANNED,
        GenerationState.DRAFT,
    ]


def test_previous_generation():
    assert previous_generation(DECISIONS, day(16)) == 1
    assert previous_generation(DECISIONS, day(25)) == 2
    assert previous_generation(DECISIONS[:1], day(5)) is None
    assert previous_generation([], day(5)) is None


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 20)), min_size=1, max_size=12), st.integers(0, 25))
def test_exactly_one_generation_is_active(decisions, now):
    made = [Activation(generation, day(begin), day(0)) for generation, begin in decisions]
    active = [number for number in range(1, 5) if generation_state(number, made, day(now)) is GenerationState.ACTIVE]
    assert len(active) == (min(begin for _, begin in decisions) <= now)


@pytest.fixture
def urban(layers):
    return layers[Layer.URBAN].iloc[:60].copy()


def test_equal_layers_have_no_changes(urban):
    assert diff_layers(urban, urban.sample(frac=1, random_state=1)).is_empty
    turned = urban.copy()
    turned.geometry = shapely.reverse(urban.geometry.to_numpy())
    assert diff_layers(urban, turned).is_empty


def test_each_type_of_change_is_detected(urban):
    """Isolated areas are changed, each in one way."""
    codes = urban["code"].tolist()
    new = urban.set_index("code")
    whole = new.loc[codes[0], "geometry"]
    west, south, east, north = whole.bounds
    halves = [whole.intersection(shapely.box(west, south, (west + east) / 2, north))]
    halves.append(whole.difference(halves[0]))
    new = new.drop(index=codes[0])
    for number, half in enumerate(halves, start=1):
        new.loc[f"14021305000190{number}"] = [f"半{number}", "140213050001", None, True, half]
    second = new.geometry[codes[1]]
    pair = [code for code in codes[1:] if shapely.touches(second, new.geometry[code])]
    union = shapely.union(second, new.geometry[pair[0]])
    new = new.drop(index=[codes[1], pair[0]])
    new.loc["140213050001911"] = ["并", "140213050001", None, True, union]
    new = new.drop(index=codes[-1])
    new.loc["140213050001921"] = ["新", "140213050001", None, True, shapely.box(113.5, 40.0, 113.51, 40.01)]
    new.loc[codes[-2], "name"] = "改名"
    shifted = translate(new.geometry[codes[-3]], xoff=1e-5)
    new.loc[codes[-3], "geometry"] = shifted
    found = diff_layers(urban, new.reset_index())
    assert [(change.before, change.after) for change in found.split] == [
        ((codes[0],), ("140213050001901", "140213050001902"))
    ]
    assert [(set(change.before), change.after) for change in found.merged] == [
        ({codes[1], pair[0]}, ("140213050001911",))
    ]
    assert found.added == ["140213050001921"]
    assert found.removed == [codes[-1]]
    assert found.renamed == [codes[-2]]
    assert [area.code for area in found.moved] == [codes[-3]]
    assert found.moved[0].gained_m2 == pytest.approx(found.moved[0].lost_m2, rel=0.01)
    assert found.moved[0].gained_m2 > 100


def test_reversed_diff_exchanges_sides(urban):
    chosen = random.Random(3).sample(range(len(urban)), 40)
    fewer = urban.iloc[sorted(chosen)]
    there, back = diff_layers(urban, fewer), diff_layers(fewer, urban)
    assert (there.removed, there.added) == (back.added, back.removed)
    assert len(there.removed) == 20


def test_rounding_is_no_change(urban):
    rounded = urban.copy()
    rounded.geometry = shapely.transform(urban.geometry.to_numpy(), lambda xy: xy + np.full(xy.shape, 4e-9))
    assert diff_layers(urban, rounded).moved == []


def test_changed_attributes_are_detected(layers):
    rural = layers[Layer.RURAL]
    first, second = ([{"户数": number}, {"户数": 7}, *[None] * (len(rural) - 2)] for number in (12, 13))
    before, after = (rural.assign(attributes=attributes) for attributes in (first, second))
    assert diff_layers(before, after).renamed == [rural["code"].iloc[0]]
    assert diff_layers(before, before).is_empty
    assert diff_layers(rural, before).is_empty


def boxes(**bounds):
    data = {"code": list(bounds), "name": "", "parent": "", "kind": None}
    return gpd.GeoDataFrame(data, geometry=[shapely.box(*box) for box in bounds.values()], crs="EPSG:4326")


WEST_HALF, EAST_HALF, WHOLE = (113, 40, 113.01, 40.01), (113.01, 40, 113.02, 40.01), (113, 40, 113.02, 40.01)


def test_merger_and_split_that_keep_a_code():
    apart, whole = boxes(a=WEST_HALF, b=EAST_HALF), boxes(a=WHOLE)
    merger, split = diff_layers(apart, whole), diff_layers(whole, apart)
    assert [(change.before, change.after) for change in merger.merged] == [(("a", "b"), ("a",))]
    assert [(change.before, change.after) for change in split.split] == [(("a",), ("a", "b"))]
    for change in (merger, split):
        assert (change.added, change.removed, change.moved) == ([], [], [])
    assert (merger.split, split.merged) == ([], [])


def test_border_moved_between_neighbours_is_no_merger():
    moved = boxes(a=(113, 40, 113.015, 40.01), b=(113.015, 40, 113.02, 40.01))
    changes = diff_layers(boxes(a=WEST_HALF, b=EAST_HALF), moved)
    assert ([area.code for area in changes.moved], changes.split, changes.merged) == (["a", "b"], [], [])


def test_each_rollback_goes_back_further():
    decisions = [Activation(number, day(number), day(0)) for number in (1, 2, 3)]
    for number, generation in enumerate((2, 1)):
        assert previous_generation(decisions, day(9)) == generation
        decisions.append(Activation(generation, day(4 + number), day(4 + number), is_rollback=True))
    assert previous_generation(decisions, day(9)) is None
    decisions.append(Activation(3, day(7), day(7)))
    assert previous_generation(decisions, day(9)) == 1
