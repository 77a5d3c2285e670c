"""The command ``geogrid init``: a store for a district without any demo data."""

import re

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.errors import GeogridError
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import RULE_FILES


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path / "home"))

    def invoke(*arguments):
        done = CliRunner().invoke(cli, [str(one) for one in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke


def test_store_has_rules_and_one_account(run, tmp_path):
    done = run("init", "某县", "--name-en", "Some County", "--zone", "Asia/Urumqi")
    assert done.exit_code == 0
    assert "某县 · Some County, Asia/Urumqi" in done.output
    folder = tmp_path / "home" / "rules"
    assert sorted(path.name for path in folder.iterdir()) == sorted(RULE_FILES)
    district = Profile.parse((folder / "profile.toml").read_text(encoding="utf-8")).district
    assert (district.name, district.name_en, str(district.zone)) == ("某县", "Some County", "Asia/Urumqi")
    assert run("rules", "check", folder).exit_code == 0
    assert run("rules", "diff", "--with", folder).exit_code == 0
    assert "admin" in run("users", "list").output
    assert re.search(r"(?m)^\S{20,}$", done.output), "the password"


def test_store_in_use_is_not_initialized_again(run):
    run("init", "某县")
    with pytest.raises(GeogridError) as caught:
        run("init", "某县")
    assert caught.value.code == "store_in_use"


def test_store_with_incidents_of_another_scheme_is_in_use(run, tmp_path, copy_demo):
    (tmp_path / "home").mkdir()
    copy_demo(tmp_path / "home")
    with pytest.raises(GeogridError) as caught:
        run("init", "某县", "--scheme", "national")
    assert caught.value.code == "store_in_use"


def test_own_profile_replaces_the_template(run, tmp_path):
    run("init", "某县")
    text = (tmp_path / "home" / "rules" / "profile.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace("Asia/Shanghai", "Asia/Nowhere"), encoding="utf-8")
    (tmp_path / "home" / "geogrid.db").unlink()
    with pytest.raises(GeogridError, match="Asia/Nowhere"):
        run("init", "--district", path)
    path.write_text(text.replace("Asia/Shanghai", "America/Chicago"), encoding="utf-8")
    assert "America/Chicago" in run("init", "--district", path).output
    (tmp_path / "home" / "geogrid.db").unlink()
    assert run("init", "某县", "--district", path).exit_code == 2


@pytest.mark.parametrize("name", ['"; evil = "', "a\\b", "line\nbreak", "<script>"])
def test_name_is_quoted(run, tmp_path, name):
    run("init", name)
    text = (tmp_path / "home" / "rules" / "profile.toml").read_text(encoding="utf-8")
    assert Profile.parse(text).district.name == name
