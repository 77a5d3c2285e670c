"""The page *Your own district*: every command gives the documented answer."""

import re
import tomllib

import pytest

from geogrid.rules.profile import Profile
from tests.support.county import DATA, DEMO_WORDS, ROOT, read_commands, run_page


def matches(documented, output):
    """Return whether an output is as documented; … stands for any text."""
    pattern = re.escape(documented.strip()).replace(re.escape("…"), ".*")
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def check_answers(answers):
    for answer in answers:
        assert answer.exit_code == 0, (answer.command, answer.output)
        assert matches(answer.documented, answer.output), (answer.command, answer.output)
        assert not any(word in answer.output for word in DEMO_WORDS), answer.command


def test_commands_give_the_documented_answers(tmp_path):
    check_answers(run_page("en", tmp_path))


@pytest.mark.slow
def test_commands_of_the_chinese_page_give_the_documented_answers(tmp_path):
    check_answers(run_page("zh", tmp_path))


def test_both_pages_have_the_same_commands_and_files():
    assert list(read_commands("en")) == list(read_commands("zh"))
    assert (
        len(
            [command for command, _ in read_commands("en") if not command.startswith(("geogrid map", "geogrid locate"))]
        )
        <= 10
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_files_of_the_page_are_those_of_the_test(language):
    text = (ROOT / "docs" / language / "your-own-district.md").read_text(encoding="utf-8")
    profile = tomllib.loads((DATA / "profile.toml").read_text(encoding="utf-8"))
    mapping = tomllib.loads((DATA / "mapping.toml").read_text(encoding="utf-8"))
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    layers = {name: table for block in blocks for name, table in block.get("layers", {}).items()}
    assert layers
    assert layers.items() <= profile["layers"].items()
    assert mapping in blocks


def test_profile_of_the_county_is_valid():
    profile = Profile.parse((DATA / "profile.toml").read_text(encoding="utf-8"))
    assert [layer.value for layer in profile.layers] == ["district", "street", "community", "urban"]
