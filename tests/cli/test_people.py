"""``geogrid people``: dry run, exit status and output."""

import pytest
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli

HEADER = "网格编码,职务,姓名,生效日期,截止日期,电话\n"
LEADER = "140213051003008,网格长,甲某,2026-03-01,,13800000000\n"
WORKER = "140213051003008,网格员,乙某,2026-03-01,2026-12-31,\n"


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def run(*arguments, status=0):
    answer = CliRunner().invoke(cli, ["people", *map(str, arguments)])
    assert answer.exit_code == status, answer.output
    return answer.output


def listed(path, *lines):
    path.write_text(HEADER + "".join(lines), encoding="gb18030")
    return path


def test_dry_run_import_and_list(home):
    file = listed(home / "名单.csv", LEADER, WORKER)
    dry = run("import", file)
    assert "added 新增 2, changed 变更 0, unchanged 未变 0" in dry
    assert "Dry run" in dry
    assert run("list", "--on", "2026-03-01") == ""
    assert "Dry run" not in run("import", file, "--commit")
    assert "unchanged 未变 2" in run("import", file, "--commit")
    lines = run("list", "--on", "2026-03-01").splitlines()
    assert [line.split() for line in lines] == [
        ["urban", "140213051003008", "leader", "甲某", "13800000000", "2026-03-01.."],
        ["urban", "140213051003008", "worker", "乙某", "2026-03-01..2026-12-31"],
    ]
    assert run("list", "--on", "2027-01-01").count("\n") == 1
    assert "乙某" in run("list", "--on", "2026-03-01", "--duty", "worker", "--code", "140213051003008")
    assert run("list", "--on", "2026-03-01", "--code", "140213051003007") == ""


def test_unknown_columns_are_reported(home):
    file = home / "a.csv"
    file.write_text(HEADER.replace("截止日期", "到期日期") + LEADER)
    assert "ignored columns 未识别的列: 5\n" in run("import", file)
    assert "ignored columns" not in run("import", listed(file, LEADER))


def test_complete_list_reports_ended_posts(home):
    run("import", listed(home / "a.csv", LEADER, WORKER), "--commit")
    dry = run("import", listed(home / "b.csv", LEADER), "--complete-from", "2026-07-01")
    assert "乙某  2026-03-01..2026-06-30" in dry
    assert "ended 离任 1" in dry
    assert "乙某" in run("list", "--on", "2026-07-01")
    run("import", home / "b.csv", "--complete-from", "2026-07-01", "--commit")
    assert "乙某" not in run("list", "--on", "2026-07-01")


def test_refused_rows_exit_with_1_and_are_printed(home):
    file = listed(home / "a.csv", LEADER, WORKER.replace("140213051003008", "1.40213E+14"))
    answer = run("import", file, "--commit", status=1)
    assert "a.csv:3: code: Excel has rounded the code. Format the column as text" in answer
    assert "[code_rounded]" in answer
    assert "甲某" in run("list", "--on", "2026-03-01")
    assert "Nothing was changed" in run("import", file, "--commit", "--complete-from", "2026-07-01", status=1)


@pytest.mark.parametrize("name", ["list.csv", "list.XLSX"])
def test_template_is_a_list_without_rows(home, name):
    run("template", home / name)
    assert "rows 行数 0" in run("import", home / name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "{home}/list.ods"), "list.ods"),
        (("import", "{home}/broken.xlsx"), "workbook"),
        (("import", "{home}/empty.csv"), "网格编码"),
        (("template", "{home}/list.txt"), "list.txt"),
        (("template", "/proc/none/list.csv"), "/proc/none/list.csv"),
        (("import", "{home}/good.csv", "--layer", "No Layer"), "layer"),
    ],
)
def test_error_is_one_line_and_status_2(home, capsys, arguments, message):
    (home / "list.ods").touch()
    (home / "empty.csv").touch()
    (home / "broken.xlsx").write_bytes(b"PK")
    listed(home / "good.csv", LEADER)
    with pytest.raises(SystemExit) as caught:
        main(["people", *(argument.format(home=home) for argument in arguments)])
    answer = capsys.readouterr()
    assert (caught.value.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert message in answer.err


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"\xff\xfe\x00"), ("a.csv", b""), ("a.xlsx", b"x"), ("a.txt", b"x")]
)
def test_unreadable_file_is_reported(home, capsys, name, content):
    (home / name).write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main(["people", "import", str(home / name)])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert f" {name}: " in error
    assert str(home) not in error
