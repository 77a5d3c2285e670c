"""The profile of a district: what it says, and what is told of a profile that says something else."""

import pytest

from geogrid.errors import FileError
from geogrid.rules.profile import Profile
from geogrid.rules.rule_texts import read_included

TEXT = read_included()[Profile.file]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "part", "field"),
    [
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Datong"', "Asia/Datong", "district.zone"),
        ('projection = "EPSG:4547"', 'projection = "EPSG:4326"', "EPSG:4326", "district.projection"),
        ('projection = "EPSG:4547"', 'projection = "EPSG:2054"', "EPSG:2054", "district.projection"),
        ('projection = "EPSG:4547"', 'projection = "Datong"', '"Datong"', "district.projection"),
        ("code = '[0-9]{6}'", "code = '[0-9'", "code = '[0-9'", "layers.district.code"),
        ("code = '[0-9]{6}'", "code = '(?P<up>[0-9]{6})'", "?P<up>", "layers.district.code"),
        ('name_en = "hotline"', "", 'code = "hotline"', "sources.2.name_en"),
        ('ledger = "平城"', 'ledger = "平城/../"', "平城/../", "prefixes.ledger"),
        ('name = "热线"', 'nom = "热线"\nname = "热线"', "nom =", "sources.2.nom"),
    ],
)
def test_fault_is_told_with_its_line_and_field(old, new, part, field):
    broken = TEXT.replace(old, new, 1)
    with pytest.raises(FileError) as caught:
        Profile.parse(broken)
    if "sources" not in field:
        assert caught.value.field == field
        assert f"line {line_of(broken, part)}:" in str(caught.value)
    assert "profile.toml" in str(caught.value)


def test_text_that_is_no_toml_is_told_with_its_line():
    with pytest.raises(FileError, match="line 3"):
        Profile.parse('version = "1"\ntitle = "x"\nsource = \n')


@pytest.mark.parametrize(
    ("old", "new"), [('level = "leader"', 'level = "mayor"'), ("[layers.district]", "[layers.rural2]")]
)
def test_contradiction_within_the_profile_is_refused(old, new):
    with pytest.raises(FileError):
        Profile.parse(TEXT.replace(old, new, 1))
