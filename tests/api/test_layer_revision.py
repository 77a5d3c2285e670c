"""Layer revision by command, from the first file to the rollback, while clients query a running service."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from waiting import eventually

from geogrid.layers.generation_file_reader import LAYER_FILES
from geogrid.layers.geojson_writer import write_layer
from geogrid.model import GRID_LAYERS, Layer
from geogrid.reference_files import data_path
from tests.layers.faults import COMMON_FAULTS, FaultyLayers, borders_of

#: A grid that the revision splits, and its eastern half.
WHOLE, HALF = "140213051003008", "140213051003099"


@pytest.fixture
def geogrid(tmp_path):
    """Function that runs a command on the database of the client."""

    def run(*arguments):
        command = [sys.executable, "-m", "geogrid", *map(str, arguments)]
        surroundings = {**os.environ, "GEOGRID_HOME": str(tmp_path)}
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, encoding="utf-8", check=False)

    return run


@pytest.fixture
def faulty(layers, tmp_path):
    """The layers of a GeoPackage with ten faults, as commands name them, and what the faults are."""
    draft = FaultyLayers(layers, borders_of(layers))
    inserted = [insert(draft) for insert in COMMON_FAULTS]
    path = tmp_path / "office.gpkg"
    for layer in GRID_LAYERS:
        frame = draft.layers[layer].rename(columns={"code": "网格编码", "name": "网格名称"})
        frame.dropna(axis=1, how="all").to_file(path, driver="GPKG", layer=layer.value)
    sources = [f"{layer}={path}" for layer in GRID_LAYERS]
    return sources, sorted((fault.code.value, *sorted(fault.codes)) for fault in inserted)


@pytest.fixture
def mended(layers, tmp_path):
    """Folder of valid layers with one grid split in two, and a point in its eastern half."""
    folder = tmp_path / "mended"
    shutil.copytree(data_path("boundaries"), folder)
    urban = layers[Layer.URBAN].set_index("code")
    shape = urban.geometry[WHOLE]
    west, south, east, north = shape.bounds
    half = shape.intersection(shapely.box((west + east) / 2, south, east, north))
    urban.loc[HALF] = ["仁和美社区第99网格", WHOLE[:12], None, True, half]
    urban.loc[WHOLE, "geometry"] = shape.difference(half)
    write_layer(folder / LAYER_FILES[Layer.URBAN], urban.reset_index())
    return folder, half.representative_point()


#: Number of successive responses of a client from one generation after which the change is complete.
_SETTLED = 40


class LocateClients:
    """Clients that request one point continuously; each records the responses and when they came."""

    def __init__(self, client, point):
        self._client, self._query = client, {"lon": point.x, "lat": point.y, "datum": "wgs84"}
        self.responses = [[], [], []]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(own,)) for own in self.responses]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_answers_of(self, generation):
        """Wait until all recent responses of every client come from a generation."""

        def arrived():
            last = [answer.json()["generation"] for own in self.responses for answer, _ in own[-_SETTLED:]]
            return set(last) == {generation}

        eventually(arrived)

    def _run(self, own):
        while not self._stop.is_set():
            own.append((self._client.get("/v1/locate", params=self._query), datetime.now(UTC)))


@pytest.mark.slow
def test_revision_is_checked_repaired_activated_and_rolled_back(client, geogrid, faulty, mended, tmp_path):
    sources, inserted = faulty
    told = geogrid("layers", "check", *sources, "--format", "json")
    findings = json.loads(told.stdout)["findings"]
    assert told.returncode == 1
    assert sorted((found["code"], *sorted(found["codes"])) for found in findings) == inserted
    page = tmp_path / "findings.html"
    assert geogrid("map", "findings", *sources, page).returncode == 1
    (script,) = re.findall(r"const geogridReport = (.*);\n", page.read_text(encoding="utf-8"))
    drawn = [feature for feature in json.loads(script)["findings"] if feature["geometry"]]
    assert len(drawn) == len(inserted) == 10
    refused = geogrid("layers", "import", *sources, "--label", "faulty", "--commit")
    assert (refused.returncode, len(client.get("/v1/generations").json())) == (1, 1)

    folder, point = mended
    assert geogrid("layers", "check", folder).returncode == 0
    assert geogrid("layers", "import", folder, "--label", "mended", "--commit").returncode == 0
    compared = geogrid("layers", "diff", 1, 2)
    assert compared.returncode == 1
    assert f"split 拆分    {WHOLE} -> {', '.join(sorted((WHOLE, HALF)))}" in compared.stdout

    with LocateClients(client, point) as clients:
        begins = datetime.now(UTC) + timedelta(seconds=6)
        planned = geogrid("layers", "activate", 2, "--from", begins.isoformat())
        assert planned.returncode == 0, planned.stderr
        assert datetime.now(UTC) < begins, "too slow to plan"
        clients.wait_for_answers_of(2)
        assert geogrid("layers", "rollback").returncode == 0
        clients.wait_for_answers_of(1)
    for responses in clients.responses:
        check(responses, begins)


def check(responses, begins):
    """Assert that a client's responses go from one generation to the next and back, and not before the planned time."""
    generations = []
    for response, answered in responses:
        assert response.status_code == 200
        body = response.json()
        generations.append(body["generation"])
        assert body["base"]["code"] == {1: WHOLE, 2: HALF}[body["generation"]]
        if answered < begins:
            assert body["generation"] == 1
    assert [generation for generation, _ in itertools.groupby(generations)] == [1, 2, 1]
