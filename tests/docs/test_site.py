"""The documentation site builds without warnings and loads nothing from outside."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest

import geogrid
from geogrid.cli.main import cli
from geogrid.settings import Settings
from geogrid_api.app import create_app

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: Tags and attributes by which a page loads a file; a link that a reader may follow is not among them.
_LOADING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
    "link": ("href",),
}
_OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:@import\s+|url\()\s*['\"]?\s*((?:https?:)?//[^'\")\s;]+)", re.IGNORECASE)


class Loads(HTMLParser):
    """Collects the addresses that a page loads."""

    def __init__(self, text):
        super().__init__()
        self.addresses = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in _LOADING.get(tag, ()):
                self.addresses.append(value or "")


def outside(path):
    """Return the addresses outside the site that a file loads."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = _IN_STYLE.findall(text) if path.suffix in {".html", ".css", ".svg"} else []
    if path.suffix == ".html":
        found += [address for address in Loads(text).addresses if _OUTSIDE.match(address)]
    if path.suffix == ".js":
        found += re.findall(r"(?:import|importScripts|fetch)\(\s*['\"](https?://[^'\"]+)", text)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; a warning of Sphinx fails the build."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "docs/build.py", str(out)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert built.returncode == 0, built.stderr
    return out


def page(site, name):
    return (site / f"{name}.html").read_text(encoding="utf-8")


def test_every_source_page_is_built_and_in_the_table_of_contents(site):
    for language in ("en", "zh"):
        start = page(site, f"{language}/index")
        for source in (ROOT / "docs" / language).rglob("*.md"):
            name = source.relative_to(ROOT / "docs" / language).with_suffix("")
            assert (site / language / f"{name}.html").exists()
            # The pages of single decisions are listed by the page of decisions.
            listed = page(site, f"{language}/decisions/index") if name.parts[0] == "decisions" else start
            assert f'"{name.name}.html"' in listed or f'"{name}.html"' in listed or name.name == "index", name


def test_twin_pages_link_to_each_other(site):
    for source in (ROOT / "docs" / "zh").rglob("*.md"):
        name = source.relative_to(ROOT / "docs" / "zh").with_suffix("").as_posix()
        for language, twin in (("zh", "en"), ("en", "zh")):
            (target,) = re.findall(r'class="language-switch"><a href="([^"]+)"', page(site, f"{language}/{name}"))
            assert (site / language / f"{name}.html").parent.joinpath(target).resolve() == (
                site / twin / f"{name}.html"
            ).resolve()


def test_no_page_loads_anything_from_outside(site):
    files = [path for path in site.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"}]
    assert len(files) > 60
    assert {str(path.relative_to(site)): found for path in files if (found := outside(path))} == {}


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<img src="http://example/x.png">',
        "<style>@font-face{src:url('https://fonts.example/x.woff2')}</style>",
    ],
)
def test_outside_addresses_are_found(markup, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(f'<a href="https://example/">a link</a>{markup}', encoding="utf-8")
    assert len(outside(file)) == 1


@pytest.fixture(scope="module")
def address(site):
    """The address of the site, served on this machine."""
    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Write nothing to the terminal."""


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("Chromium is missing, so the site was not tried in a browser. 缺少 Chromium，未做浏览器测试。")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize(
    ("language", "query", "found"),
    [("en", "suspension", "Deadlines"), ("zh", "挂账", "时限"), ("zh", "坐标系错误", "导入事件")],
)
def test_search_finds_pages_in_the_browser(browser, address, language, query, found):
    page = browser.new_page()
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{address}/{language}/search.html?q={query}")
    page.wait_for_selector(f"#search-results li a:has-text('{found}')")
    page.wait_for_load_state("networkidle")
    page.close()
    assert errors == []
    assert [url for url in requests if not url.startswith((address, "data:"))] == []


def test_the_switch_leads_to_the_twin_page_in_the_browser(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/en/how-to/deadlines.html")
    page.click(".language-switch a")
    page.wait_for_url("**/zh/how-to/deadlines.html")
    assert page.inner_text("h1").startswith("时限")
    page.close()


def commands(group, prefix):
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{prefix} {name}")
            else:
                yield f"{prefix} {name}"


def test_every_command_and_option_is_documented(site):
    text = re.sub(r"<[^>]+>", "", page(site, "en/reference/commands"))
    found = list(commands(cli, "geogrid"))
    assert len(found) >= 11
    for name in found:
        assert len(re.findall(rf"\b{name}\b", text)) >= 3, name  # table, heading, usage
    assert "--datum" in text
    rows = re.findall(r"<tr.*?</tr>", page(site, "zh/reference/commands"), re.DOTALL)
    chinese = {row[0]: row[1] for each in rows if len(row := re.findall(r"<td><p>(.*?)</p></td>", each)) > 1}
    assert {re.sub(r"<[^>]+>", "", name) for name in chinese} == set(found)
    assert all(re.search(r"[\u4e00-\u9fff]", purpose) for purpose in chinese.values())


def test_every_setting_is_documented(site):
    settings = {f"GEOGRID_{name.upper()}" for name in Settings.model_fields}
    for language in ("en", "zh"):
        table = re.findall(r"<tr[^>]*><td><p>.*?(GEOGRID_\w+)<", page(site, f"{language}/reference/settings"))
        assert settings == set(table)
    assert all(field.description for field in Settings.model_fields.values())


def test_every_operation_and_schema_is_documented(site, tmp_path):
    document = create_app(Settings(home=tmp_path)).openapi()
    text = re.sub(r"<[^>]+>", "", page(site, "en/reference/http-api"))
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in text, path
    schemas = page(site, "en/reference/http-schemas")
    for name in document["components"]["schemas"]:
        assert f"<h2>{name}<" in schemas, name


def test_every_public_name_is_documented(site):
    text = page(site, "en/reference/python-api")
    for name in geogrid.__all__:
        assert f'id="geogrid.{name}"' in text, name
