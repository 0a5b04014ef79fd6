"""The documentation names everything that is public, and nothing that is not there."""

import argparse
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from logwatcher import checks, cli, config, urls
from logwatcher.monitor import probe
from logwatcher.receiver import PROTOCOLS
from logwatcher.runtime import Runtime
from logwatcher.web import api, guard

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SRC = re.compile(r'(?:src|srcset|href)="([^"\s]+)"')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[str]:
    text = FENCE.sub("", page.read_text())
    for match in chain(LINK.finditer(text), SRC.finditer(text)):
        if not re.match(r"[a-z]+:", match[1]):
            yield match[1]


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def commands() -> dict[str, argparse.ArgumentParser]:
    for action in cli.parser()._actions:  # argparse has no public way to ask
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the command line has no commands")


def api_paths() -> set[str]:
    """Addresses under /api/ as OpenAPI writes them: ``/api/requests/{request_id}``."""
    patterns = [f"/{url.pattern}" for url in urls.urlpatterns]
    written = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", pattern) for pattern in patterns}
    return {path for path in written if path.startswith("/api/")} | {guard.LIVE, *PROTOCOLS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link}: no such file"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link}: no such heading"


def test_every_command_is_documented_with_its_options() -> None:
    text = (DOCS / "command-line.md").read_text()
    for name, command in commands().items():
        section = re.search(rf"^## `logwatcher {name}\b.*?(?=^## |\Z)", text, re.M | re.S)
        assert section, f"docs/command-line.md has no heading for: logwatcher {name}"
        for option in chain.from_iterable(action.option_strings for action in command._actions):
            if option not in ("-h", "--help"):
                assert re.search(rf"`{option}\b", section[0]), f"logwatcher {name}: {option}"


def test_no_documented_command_is_missing() -> None:
    for page in PAGES:
        named = re.findall(r"(?:bin/|`|^)logwatcher ([a-z-]+)", page.read_text(), re.MULTILINE)
        assert set(named) <= commands().keys(), page.name


def test_every_setting_is_documented_with_its_default() -> None:
    rows = (DOCS / "configuration.md").read_text().splitlines()
    for setting in config.SETTINGS.values():
        row = next((row for row in rows if row.startswith(f"| `{setting.name}` ")), "")
        assert row, f"docs/configuration.md has no row for {setting.name}"
        assert setting.default in row, f"{setting.name}: the default is {setting.default!r}"


def test_no_documented_setting_is_missing() -> None:
    for page in PAGES:
        named = set(re.findall(r"\bLOGWATCHER_[A-Z_]+\b", page.read_text()))
        assert named <= config.SETTINGS.keys(), page.name


def test_every_setting_of_a_project_is_documented() -> None:
    rows = [row for row in (DOCS / "django.md").read_text().splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])} == set(
        checks.OPTIONS
    )


def test_every_api_path_is_documented_and_described() -> None:
    headings = HEADING.findall((DOCS / "http-api.md").read_text())
    documented = {
        path for heading in headings for path in re.findall(r"`\w+ (/(?:api|v1)/[^`?]*)", heading)
    }
    described = set(json.loads(api.OPENAPI.read_text())["paths"])
    assert documented == api_paths()
    assert described <= api_paths()
    assert api_paths() - described <= {"/api/openapi.json"}, "openapi.json lacks some"


def test_every_address_about_the_process_is_documented() -> None:
    named = re.findall(r"`GET (/[a-z]+)`", (DOCS / "operation.md").read_text())
    assert set(named) == {*probe.PATHS, guard.METRICS}


@pytest.mark.django_db(databases=["default", "reader"])
def test_every_metric_is_documented_with_its_type() -> None:
    runtime = Runtime()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (DOCS / "operation.md").read_text(), re.M)
    written = {metric.name: metric.type for metric in runtime.collect()}
    asked = {f"logwatcher_{name}": "gauge" for name in ("database_up", "revision", "worker_up")}
    assert dict(rows) == written | asked


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE))
        assert named <= targets, page.name
