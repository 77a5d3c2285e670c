"""What the sheets of each map say, for the same eyes as the page."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
import pypdf
import pytest
from click.testing import CliRunner

from geogrid.constants import Language
from geogrid.incidents.rule_set import load_rules
from geogrid.model import Generation, Layer
from geogrid.model.figures import Rate
from geogrid.services.incident_animation import assemble_animation
from geogrid.services.key_figures import Density, Kpi
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.grid_list import grid_rows
from geogrid.stats.point_binning import bin_points
from geogrid.stats.rate_change import ComparedDays
from geogrid_maps.cli import map_group
from geogrid_maps.compare_print import print_sides
from geogrid_maps.district_shapes import prepare_shapes
from geogrid_maps.explorer_print import print_explorer
from geogrid_maps.map_data import ExplorerData, HeatmapData, SidesData, TimelineData
from geogrid_maps.map_query import View
from geogrid_maps.prints import Paper, Printing
from geogrid_maps.prints.render import render_pdf
from geogrid_maps.timeline_print import MAX_MAPS, print_timeline
from geogrid_maps.vendor import font_file

pytestmark = pytest.mark.skipif(not font_file(400), reason="The font has not been fetched. 字体尚未下载。")

RULES = load_rules()
PRINTING = Printing(Paper.A4, datetime(2026, 9, 15, 8, tzinfo=UTC))
STREET = "140213050"
NO_INCIDENT = Kpi(0, 0, Rate(0, 0), 0)


def text_of(path) -> str:
    page = pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages[0]
    return re.sub(r"\s", "", page.extract_text())


def playback_of(step: TimeStep, keys: list[str]):
    """Return pictures with as many incidents as their place, from one, all at one place."""
    found = {
        key: bin_points(np.full(place + 1, 113.3001), np.full(place + 1, 40.0901)) for place, key in enumerate(keys)
    }
    received = sum(range(len(keys) + 1))
    return assemble_animation(Kpi(received, 0, Rate(0, received), received), step, found, coarse=False)


def days(number: int) -> list[str]:
    return [str(date.fromordinal(date(2022, 1, 1).toordinal() + day)) for day in range(number)]


@pytest.mark.parametrize(
    ("step", "keys", "maps", "first"),
    [
        (TimeStep.DAY, days(24), 24, "2022-01-01"),
        (TimeStep.DAY, days(25), 13, "2022-01-01 – 2022-01-02"),
        (TimeStep.MONTH, ["2022-01-01", "2022-02-01"], 2, "2022-01"),
        (TimeStep.WEEK, ["2022-01-03"], 1, "2022-01-03 – 2022-01-09"),
        (TimeStep.HOUR, ["0"], 24, "00:00–00:59"),
        (TimeStep.WEEKDAY, ["1"], 7, "Monday"),
    ],
)
def test_timeline_print_joins_steps_above_the_maximum(shapes, step, keys, maps, first):
    found = playback_of(step, keys)
    sheet = print_timeline(TimelineData(shapes, View(language=Language.EN), RULES, found), PRINTING)
    assert len(sheet.maps) == maps <= MAX_MAPS
    assert sheet.maps[0].caption == first
    assert len(sheet.chart.bars) == len(found.pictures)
    assert any(note.startswith("Each map joins 2 steps") for note in sheet.notes) == (len(found.pictures) > MAX_MAPS)
    # Each bar belongs to the map that holds its incidents; the legend holds all of them.
    by_map = Counter()
    for bar in sheet.chart.bars:
        by_map[bar.place] += bar.n
    assert [by_map[place] for place in range(maps)] == [one.n for one in sheet.maps]
    assert sum(entry.n[0] for entry in sheet.legend) == found.kpi.received


def test_captions_stay_within_the_period(shapes):
    view = View(first=date(2022, 3, 1), last=date(2022, 3, 15), language=Language.EN)
    sheet = print_timeline(
        TimelineData(shapes, view, RULES, playback_of(TimeStep.WEEK, ["2022-02-28", "2022-03-14"])), PRINTING
    )
    assert [one.caption for one in sheet.maps] == ["03-01 – 03-06", "03-07 – 03-13", "03-14 – 03-15"]


def test_timeline_print_without_incidents_says_so(shapes):
    sheet = print_timeline(
        TimelineData(shapes, View(language=Language.EN), RULES, playback_of(TimeStep.DAY, [])), PRINTING
    )
    assert (len(sheet.maps), sheet.chart.bars) == (1, [])
    assert "No incident" in sheet.legend[0].label


@pytest.mark.parametrize(
    ("view", "labels"), [(View(), 0), (View(layer=Layer.RURAL), 0), (View(street=STREET, layer=Layer.DEDICATED), 27)]
)
def test_explorer_print_draws_and_counts_the_chosen_grids(shapes, view, labels):
    sheet = print_explorer(ExplorerData(shapes, view, RULES, NO_INCIDENT, {}), PRINTING)
    rows = grid_rows(shapes.areas, layer=view.layer, street=view.street)
    assert len(sheet.maps[0].areas) == len(rows) == sum(entry.n[0] for entry in sheet.legend)
    assert len(sheet.maps[0].labels) == labels
    assert all("".join(view.street or ()) + label in {row.code for row in rows} for label, _ in sheet.maps[0].labels)


def test_comparison_print_names_both_generations(shapes, layers):
    other = prepare_shapes(Generation(7, "other", synthetic=False), layers)
    view = View(first=date(2022, 3, 1), last=date(2022, 3, 31), language=Language.EN)
    found = Density(Kpi(5, 5, Rate(5, 5), 0), bin_points(np.full(5, 113.3001), np.full(5, 40.0901)), {})
    nothing = Density(NO_INCIDENT, bin_points(np.empty(0), np.empty(0)), {})
    sheet = print_sides(
        SidesData(
            HeatmapData(other, view, RULES, nothing), HeatmapData(shapes, view, RULES, found), ComparedDays(31, 31)
        ),
        PRINTING,
    )
    assert [one.caption for one in sheet.maps] == [f"2022-03-01 – 2022-03-31 · layers {number}" for number in (7, 1)]
    assert [one.n for one in sheet.maps] == [0, 5]
    assert [sum(n) for n in zip(*(entry.n for entry in sheet.legend), strict=True)] == [0, 5]
    assert [note for note in sheet.notes if note.startswith("layers")] == ["layers 7 · other", "layers 1 · test"]
    assert not any("per day" in line for line in sheet.lines), "nothing has no share"
    assert render_pdf(sheet)


def test_explorer_print_without_grids(shapes):
    sheet = print_explorer(
        ExplorerData(shapes, View(street=STREET, layer=Layer.RURAL, language=Language.EN), RULES, NO_INCIDENT, {}),
        PRINTING,
    )
    assert (sheet.maps[0].extent, sheet.legend[0].label) == (None, "No grid matches.")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("timeline --step hour", ["Datong·Timeline", "byhourofthe", "23:00–23:59", "inthelegendisthatofall"]),
        ("timeline", ["05-30–06-05", "05-02–05-08"]),
        ("compare", ["Twoperiods", "2022-05-01–2022-05-31n=", "2022-06-01–2022-06-30n=", "perday+", "|"]),
        (
            "compare --show difference --by street",
            ["Twoperiods(difference)", "perkm²", "±", "2022-06-01–2022-06-30:n="],
        ),
        (f"explorer --street {STREET}", ["Gridsearch", "n=154grids", "014007", STREET]),
        ("density --by street", ["Densitybyarea"]),
    ],
)
def test_command_writes_a_print_of_each_map(demo_file, tmp_path, command, words):
    out = tmp_path / "sheet.pdf"
    kind, *options = command.split()
    period = ["--from", "2022-05-01" if kind == "timeline" else "2022-06-01", "--to", "2022-06-30"]
    done = CliRunner().invoke(
        map_group,
        [kind, str(out), *options, *period, "--lang", "en"],
        env={"GEOGRID_HOME": str(demo_file.parent)},
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    said = text_of(out)
    mark = "gridsaresynthetic" if kind == "explorer" else "syntheticdata"
    for word in [*words, mark, "EPSG:4547", "Scale1:"]:
        assert word in said, word
    assert "〓" not in said, "the font has a sign for all that is said"
    assert len(out.read_bytes()) < 1_000_000
