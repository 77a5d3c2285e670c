"""Tests of CSV reading: encodings and line numbers."""

import pytest

from geogrid.errors import FileError
from geogrid.tabular.csv_format import read_csv_rows

TEXT = '编码,姓名\n1,"甲\n某"\n\n2,乙某\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_each_encoding_gives_same_numbered_records(encoding):
    lines = [(1, ["编码", "姓名"]), (3, ["1", "甲\n某"]), (4, []), (5, ["2", "乙某"])]
    assert list(read_csv_rows(TEXT.encode(encoding))) == lines


def test_unknown_encoding_is_refused():
    with pytest.raises(FileError) as caught:
        list(read_csv_rows("编码".encode("utf-16")))
    assert caught.value.code == "encoding"


def test_unclosed_quote_is_refused_with_line():
    lines = read_csv_rows(b'a,b\n1,2\n3,"4\n')
    assert [next(lines)[0], next(lines)[0]] == [1, 2]
    with pytest.raises(FileError, match="Line 3 is not valid CSV"):
        next(lines)
