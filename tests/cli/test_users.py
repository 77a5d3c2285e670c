"""``geogrid users`` and ``geogrid keys``."""

import pytest
from click.testing import CliRunner

from geogrid.cli import main
from geogrid.cli.main import cli
from geogrid.model import CONSOLE, Bounds, Grant, Role
from geogrid.services.api_keys import list_keys
from geogrid.services.sessions import log_in
from geogrid.services.users import list_users

PASSWORD = "three plain words"
ADMIN = ("users", "add", "admin", "--role", "administrator")


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def run(*words, password=PASSWORD):
    """Run a command, with the password on standard input if it needs one."""
    asks = words[0] == "users" and words[1] in ("add", "password")
    given = [*words, "--password-stdin"] if asks else words
    return CliRunner().invoke(cli, given, input=f"{password}\n", catch_exceptions=False)


def test_account_is_created_changed_and_disabled(home, store):
    assert run(*ADMIN).exit_code == 0
    words = ("--role", "dispatcher", "--role", "leader", "--area", "140213051", "--category", "Z06")
    assert run("users", "add", "Desk.01", "--display", "派单台", *words).exit_code == 0
    assert log_in(store, "desk.01", PASSWORD, "").actor.name == "派单台"
    assert run("users", "set", "desk.01", "--area", "140213051003").exit_code == 0
    assert run("users", "password", "desk.01", password="another four plain words").exit_code == 0
    user = list_users(store, CONSOLE)[1]
    bounds = Bounds(areas=("140213051003",), categories=("Z06",))
    assert user.grant == Grant(frozenset({Role.DISPATCHER, Role.LEADER}), bounds)
    assert run("users", "set", "desk.01", "--no-bounds", "--role", "planner").exit_code == 0
    assert list_users(store, CONSOLE)[1].grant == Grant(frozenset({Role.PLANNER}))
    assert log_in(store, "desk.01", "another four plain words", "").actor.roles == {Role.PLANNER}
    assert run("users", "disable", "desk.01").exit_code == 0
    said = run("users", "list").output
    assert "disabled" in said.splitlines()[1]
    assert "[planner]" in said
    assert PASSWORD not in said
    assert run("users", "set", "desk.01", "--enable").exit_code == 0


@pytest.mark.parametrize(
    "words", [("users", "disable", "admin"), ("users", "set", "admin", "--role", "auditor")], ids=["disable", "role"]
)
def test_last_administrator_cannot_be_removed(home, store, words):
    run(*ADMIN)
    with pytest.raises(Exception, match="last administrator"):
        run(*words)
    assert list_users(store, CONSOLE)[0].grant.roles == {Role.ADMINISTRATOR}
    assert list_users(store, CONSOLE)[0].disabled_at is None
    run("users", "add", "second", "--role", "administrator")
    assert run(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--role", "planner", "--area", "140213"), "area_unknown"),
        (("--role", "planner", "--area", "140213051", "--area", "999"), "area_unknown"),
        (("--role", "planner", "--category", "Z99"), "category_unknown"),
        (("--role", "planner", "--department", "无此部门"), "department_unknown"),
        (("--role", "administrator", "--area", "140213051"), "administrator_bounded"),
    ],
)
@pytest.mark.parametrize("group", ["users", "keys"])
def test_unknown_bounds_are_refused(home, store, group, words, code):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the code is checked below
        run(group, "add", "test", *words)
    assert caught.value.code == code
    assert list_users(store, CONSOLE) == list_keys(store) == []


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("x", PASSWORD, "name"),
        ("two words", PASSWORD, "name"),
        ("test", "short", "password_length"),
        ("test", "x" * 257, "password_length"),
        ("test", "aaaaaaaaaaaaaaaa", "password_weak"),
        ("test", "my Test password", "password_weak"),
        ("Admin", PASSWORD, "name_taken"),
    ],
)
def test_invalid_names_and_passwords_are_refused(home, name, password, code):
    run(*ADMIN)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the code is checked below
        run("users", "add", name, "--role", "planner", password=password)
    assert caught.value.code == code


def test_password_is_prompted_for_only_at_a_terminal(home, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["users", "add", "test", "--role", "planner"])
    said = capsys.readouterr().err
    assert (caught.value.code, said.count("\n")) == (2, 1)
    assert "--password-stdin" in said


def test_account_needs_a_role(home):
    with pytest.raises(Exception, match="one role"):
        run("users", "add", "test")


def test_system_role_cannot_be_granted(home):
    assert run("users", "add", "test", "--role", "system").exit_code == 2


def test_key_list_shows_grant_and_expiry(home, store):
    assert run("keys", "add", "hotline", "--area", "140213051", "--expires", "2199-12-31").output.startswith("gg_")
    said = run("keys", "list").output
    for part in ("until 2199-12-31 16:00", "never used", "hotline", "[api_client; areas 140213051]"):
        assert part in said
    with pytest.raises(Exception, match="has passed"):
        run("keys", "add", "late", "--expires", "2020-01-01")
