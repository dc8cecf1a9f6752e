"""What the README says of the project is what the project's own files say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

import gateway.settings
from gateway import health, routes
from server.settings import read_settings
from tests.readme.blocks import README, blocks, code, prose, rows, section
from tests.system.processes import ROOT

TEXT = README.read_text()
SETTINGS = {
    part: {code(name)[0]: default for name, default, _ in rows(table) if code(name)}
    for part, table in zip(
        ("server", "gateway"), section(TEXT, "## Settings").split("| gateway |"), strict=True
    )
}
MAP = section(TEXT, "## Map of the house")


def variables(part: str) -> set[str]:
    """The variables that a part's settings.py reads."""
    return set(re.findall(r'"(EVERRUNS_[A-Z_]+)"', (ROOT / part / "settings.py").read_text()))


def settings_of(part: str, environment: dict[str, str]) -> dict[str, object]:
    """What a part makes of an environment."""
    if part == "server":
        return asdict(read_settings(environment))
    return asdict(gateway.settings.from_environment(environment))


def values(settings: Mapping[str, object]) -> Iterator[str]:
    """The settings as texts, those within others too."""
    for value in settings.values():
        if isinstance(value, dict):
            yield from values(value)
        else:
            yield str(value)


def test_every_variable_is_in_a_table() -> None:
    assert SETTINGS["server"].keys() | SETTINGS["gateway"].keys() == variables("server") | variables(
        "gateway"
    )
    assert SETTINGS["server"].keys() <= variables("server")
    assert SETTINGS["gateway"].keys() <= variables("gateway")


@pytest.mark.parametrize("part", ["server", "gateway"])
def test_the_defaults_are_those_of_the_tables(part: str) -> None:
    plain = {
        name: code(default)[0] for name, default in SETTINGS[part].items() if re.fullmatch("`[^`]+`", default)
    }
    assert len(plain) >= len(SETTINGS[part]) / 3
    for name, default in plain.items():
        assert settings_of(part, {name: default}) == settings_of(part, {}), name


@pytest.mark.parametrize(
    ("name", "setting"), [("EVERRUNS_THREADS", "threads"), ("EVERRUNS_QUICK_THREADS", "quick_threads")]
)
def test_the_defaults_that_depend_on_the_database(name: str, setting: str) -> None:
    on_sqlite, on_postgres = map(int, re.findall(r"\d+", SETTINGS["server"][name]))
    assert settings_of("server", {})[setting] == on_sqlite
    assert settings_of("server", {"EVERRUNS_DATABASE_URL": "postgresql://h/n"})[setting] == on_postgres


def test_settings_in_blocks_can_be_used() -> None:
    [block] = [block for block in blocks(TEXT) if block.language == "sh"]
    environment = dict(line.split("=", 1) for line in block.text.splitlines())
    assert environment.keys() <= variables("server") | variables("gateway")
    for part in SETTINGS:
        used = {setting for name, setting in environment.items() if name in variables(part)}
        assert used <= set(values(settings_of(part, environment)))
    hosts = str(conninfo_to_dict(environment["EVERRUNS_DATABASE_URL"])["host"]).split(",")
    assert len(hosts) > 1


def test_the_routes_are_those_of_the_protos() -> None:
    listed = [
        route
        for kind, paths in rows(section(TEXT, "## Use it over REST"))
        if kind in ("sessions", "agents", "catalog", "keys", "audit log")
        for route in code(paths)
    ]
    bindings = routes.bindings(routes.service_descriptors())
    assert sorted(listed) == sorted(
        f"{b.method} {re.sub(r'{[a-z]+[.]id}', '{id}', b.path)}" for b in bindings
    )
    assert f"GET {health.PATH}" in TEXT


def tree() -> Iterator[Path]:
    """The paths of the map, and the files and folders that it names beside them."""
    [drawn, _] = [block for block in blocks(MAP) if block.language == "text"]
    folder = ROOT
    for line in drawn.text.splitlines():
        names, _, said = line.strip().partition("  ")
        above = folder if line.startswith(" ") else ROOT
        paths = [above / name for name in names.split()]
        yield from paths
        if not line.startswith(" "):
            folder = paths[0]
        place = paths[0] if paths[0].is_dir() else above
        for named in re.findall(r"[\w.]+(?:\.py|/)(?![\w/])", said):
            yield (ROOT if named in ("protos/", "generated/") else place) / named


def test_the_paths_of_the_map_exist() -> None:
    paths = list(tree())
    assert len(paths) > 30
    assert [path for path in paths if not path.exists()] == []


def test_the_way_of_a_call_leads_through_files() -> None:
    [_, way] = [block for block in blocks(MAP) if block.language == "text"]
    folders = [ROOT, *(ROOT / name for name in ("server", "gateway"))]
    steps: list[str] = re.findall(r"[a-z_]+(?:/[a-z_]+)+", way.text)
    assert len(steps) > 5
    assert [step for step in steps if not any((f / f"{step}.py").exists() for f in folders)] == []


def test_what_to_change_is_there() -> None:
    folders = [ROOT, ROOT / "server"]
    names = [name for row in rows(MAP) for cell in row for name in code(cell) if "/" in name]
    assert len(names) > 10
    assert [name for name in names if not any((folder / name).exists() for folder in folders)] == []


def test_the_make_targets() -> None:
    described = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for span in code(prose(TEXT)) for name in re.findall(r"\bmake ([a-z-]+)", span)}
    assert len(named) > 5
    assert named <= described


def test_the_dependencies() -> None:
    wanted = (ROOT / ".ci" / "requirements" / "runtime.in").read_text().splitlines()
    names = [re.split(r"[=\[<>]", line)[0] for line in wanted if line and not line.startswith("#")]
    listed = [code(name)[0] for name, why in rows(section(TEXT, "## Dependencies")) if code(name) and why]
    assert listed == names


def test_the_place_of_the_figures() -> None:
    assert TEXT.splitlines().count("<!-- figures -->") <= 1
    assert "build/bench" in section(TEXT, "### Sizing")


def test_links_to_files() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []
