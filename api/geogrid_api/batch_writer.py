"""The answers for many points: columns of JSON, NDJSON, CSV or an Arrow stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import csv

from geogrid.locate.bulk.assignment_target import STATUS, WORDS
from geogrid_api.batch_reader import BatchType

if TYPE_CHECKING:
    from geogrid.locate.bulk.assignment_target import Answers, AssignmentTarget
    from geogrid.model import Generation


def write_answers(target: AssignmentTarget, answers: Answers, generation: Generation, kind: BatchType) -> bytes:
    """Return the columns that are added, in the order of the points."""
    if kind is BatchType.JSON:
        head = {"generation": generation.id, "synthetic": generation.synthetic}
        return msgspec.json.encode(head | _lists(target, answers))
    if kind is BatchType.NDJSON:
        columns = _lists(target, answers)
        records = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    table = pa.record_batch(target.columns(answers), schema=pa.schema(target.fields))
    sink = pa.BufferOutputStream()
    if kind is BatchType.CSV:
        csv.write_csv(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_batch(table)
    return bytes(sink.getvalue())


def _lists(target: AssignmentTarget, answers: Answers) -> dict[str, list[Any]]:
    # The position of no polygon, -1, points to the None at the end.
    codes = {
        column: np.array([*values.tolist(), None], dtype=object)[answers.positions[column]].tolist()
        for column, values in target.codes.items()
    }
    return codes | {STATUS: np.array(WORDS, dtype=object)[answers.status].tolist()}
