"""The command ``geogrid init``: prepare a store for a district."""

from __future__ import annotations

from pathlib import Path

import click

from geogrid.cli.command_support import load_settings, open_store, translate_write_errors
from geogrid.reference_files import DEMO_SCHEME, list_schemes
from geogrid.rules.profile import Profile
from geogrid.services.initialization import initialize_store, starting_rules


@click.command()
@click.argument("name", required=False)
@click.option("--name-en", metavar="TEXT", help="English name; by default NAME. 英文名称。")
@click.option("--zone", metavar="ZONE", help="Time zone, an IANA name; by default Asia/Shanghai. 时区。")
@click.option(
    "--scheme",
    type=click.Choice(list_schemes()),
    default=DEMO_SCHEME,
    show_default=True,
    help="Ready scheme of categories with limits and routing. 类别体系。",
)
@click.option(
    "--district",
    "profile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Your own profile (TOML) instead of the template. 自备的概况文件。",
)
@click.option("--admin", default="admin", show_default=True, metavar="LOGIN", help="First account. 首个账号。")
def init(
    name: str | None, name_en: str | None, zone: str | None, scheme: str, profile: Path | None, admin: str
) -> None:
    """Prepare an empty store for the district NAME, without demo data. 新建辖区。

    It stores the first version of the rules, writes their files to GEOGRID_HOME/rules for editing, and creates an
    account that may bring layers, people and rules. Its password is shown only once.

    \b
    geogrid init 德清县 --name-en "Deqing County" --scheme national
    geogrid init --district profile.toml
    """  # noqa: D301 - click keeps the line breaks after \b
    texts = starting_rules(scheme, name=name, name_en=name_en, zone=zone)
    if profile:
        if name or name_en or zone:
            raise click.UsageError("NAME, --name-en and --zone stand in the file of --district.")
        texts |= {Profile.file: profile.read_text(encoding="utf-8-sig")}
    folder = load_settings().home / "rules"
    with open_store() as store:
        account = initialize_store(store, texts, admin)
    with translate_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
    district = Profile.parse(texts[Profile.file]).district
    click.echo(f"{district.name} · {district.name_en}, {district.zone}, scheme 类别体系 {scheme}")
    click.echo(f"rules 规则 {folder}")
    if account:
        click.echo(f"account 账号 {account.name}, password shown only once 密码仅显示一次:")
        click.echo(account.password)
    click.echo("Next 下一步: geogrid serve")
