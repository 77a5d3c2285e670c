"""The rule for dedicated grids in a mapping file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import FileError
from geogrid.layers.files.column_mapping import NESTING_KEY, read_mapping_file
from geogrid.model import DedicatedNesting, Layer

if TYPE_CHECKING:
    from pathlib import Path


def read_nesting(path: Path) -> DedicatedNesting | None:
    r"""Return the rule in the table ``[dedicated]`` of a mapping file, or None if it has none.

    Raises
    ------
    FileError
        If the file is not TOML, or the rule is unknown.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mapping.toml")
    ...     _ = path.write_text('code = "WGBM"\n[dedicated]\nnested_in = "street"\n', encoding="utf-8")
    ...     read_nesting(path).value
    'street'
    """
    table = read_mapping_file(path).get(Layer.DEDICATED)
    rule = table.get(NESTING_KEY) if isinstance(table, dict) else None
    if rule is not None and rule not in set(DedicatedNesting):
        raise FileError(
            f"{path.name}: The rule for dedicated grids is unknown.",
            code="mapping",
            field=NESTING_KEY,
            remedy=f"Use one of: {', '.join(DedicatedNesting)}.",
        )
    return DedicatedNesting(rule) if rule is not None else None
