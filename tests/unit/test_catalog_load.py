"""Reading the catalog from files: what an operator's directory adds and replaces, and how it is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

import server.catalog
from server.catalog import load
from server.catalog.file import CatalogFileError
from server.catalog.load import load_catalog
from server.core.catalog import Capability, CapabilityStatus, Tool
from server.core.json import JsonObject

BUILT_IN = Path(server.catalog.__file__).parent
NO_KEYS: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}
HEAD = 'id = "extra"\nname = "Extra"\ndescription = "More."\n'


def refusal(directory: Path) -> str:
    with pytest.raises(CatalogFileError) as caught:
        load_catalog(directory)
    return str(caught.value)


def test_an_empty_directory_changes_nothing(tmp_path: Path) -> None:
    assert list(load_catalog(tmp_path)) == list(load_catalog(None))


def test_a_file_adds_a_capability_with_every_key(tmp_path: Path) -> None:
    (tmp_path / "any name.toml").write_text(
        """
        id = "weather"
        name = "Weather"
        description = "Looks up the weather."
        status = "deprecated"
        icon = "cloud"
        category = "Information"
        dependencies = ["web_fetch"]
        features = ["forecast", "maps"]
        conflicts_with = ["test_weather"]
        system_prompt = "Say the time."
        [default_config]
        units = "metric"
        [config_schema]
        type = "object"
        [config_schema.properties.units]
        enum = ["metric", "imperial"]
        [[tools]]
        name = "get_climate"
        description = "The climate."
        [tools.parameters]
        type = "object"
        required = ["place"]
        [[tools]]
        name = "list_places"
        description = "All places."
        """
    )
    catalog = load_catalog(tmp_path)
    assert catalog.get("weather") == Capability(
        id="weather",
        name="Weather",
        description="Looks up the weather.",
        status=CapabilityStatus.DEPRECATED,
        icon="cloud",
        category="Information",
        dependencies=("web_fetch",),
        features=("forecast", "maps"),
        conflicts_with=("test_weather",),
        system_prompt="Say the time.",
        tools=(
            Tool("get_climate", "The climate.", {"type": "object", "required": ["place"]}),
            Tool("list_places", "All places.", NO_KEYS),
        ),
        config_schema={"type": "object", "properties": {"units": {"enum": ["metric", "imperial"]}}},
        default_config={"units": "metric"},
    )
    assert len(catalog) == len(load_catalog(None)) + 1


def test_what_a_file_leaves_out_is_unset(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(HEAD)
    assert load_catalog(tmp_path).get("extra") == Capability(
        id="extra",
        name="Extra",
        description="More.",
        status=CapabilityStatus.AVAILABLE,
        icon=None,
        category=None,
        dependencies=(),
        features=(),
        conflicts_with=(),
        system_prompt=None,
        tools=(),
        config_schema=NO_KEYS,
        default_config={},
    )


def test_a_file_replaces_a_built_in_whole(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('id = "web_fetch"\nname = "Ours"\ndescription = "Other."\n')
    catalog = load_catalog(tmp_path)
    replaced = catalog.get("web_fetch")
    assert replaced is not None
    assert (replaced.name, replaced.icon, replaced.tools, replaced.default_config) == ("Ours", None, (), {})
    assert [problem.path for problem in catalog.config_problems("web_fetch", {"timeout_ms": 1})] == [
        ("timeout_ms",)
    ]
    assert len(catalog) == len(load_catalog(None))


def test_only_toml_files_that_are_not_hidden_are_read(tmp_path: Path) -> None:
    (tmp_path / "visible.toml").write_text(HEAD)
    for name in [".hidden.toml", "notes.md", "x.toml.bak", "xtoml"]:
        (tmp_path / name).write_text("not a capability")
    assert len(load_catalog(tmp_path)) == len(load_catalog(None)) + 1


def test_takes_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert load_catalog(tmp_path).get("extra") is not None
    (tmp_path / "x.toml").write_bytes((HEAD + "icon = 1\n").replace("\n", "\r\n").encode())
    assert refusal(tmp_path) == f"{tmp_path}/x.toml:4: icon: must be a string"


def test_the_documented_example_is_a_capability(tmp_path: Path) -> None:
    documentation = load.__doc__ or ""
    example = [line[4:] for line in documentation.split("\n") if line.startswith("    ")]
    (tmp_path / "x.toml").write_text("\n".join(example))
    weather = load_catalog(tmp_path).get("weather")
    assert weather is not None
    assert weather.config_schema["properties"] == {"units": {"enum": ["metric", "imperial"]}}
    assert [tool.name for tool in weather.tools] == ["get_weather"]


def test_the_error_carries_path_line_and_reason(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(HEAD + "icon = 1\n")
    with pytest.raises(CatalogFileError) as caught:
        load_catalog(tmp_path)
    assert (caught.value.path, caught.value.line, caught.value.reason) == (
        tmp_path / "x.toml",
        4,
        "icon: must be a string",
    )


def test_what_does_not_fit_is_told_of_the_file_to_correct(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD.replace("extra", "a"))
    (tmp_path / "b.toml").write_text(HEAD.replace("extra", "b") + 'dependencies = ["c"]\n')
    (tmp_path / "c.toml").write_text(HEAD.replace("extra", "c") + '\ndependencies = ["b"]\n')
    assert refusal(tmp_path) == f"{tmp_path}/b.toml:4: dependencies: needs itself: b -> c -> b"


def test_a_replacement_that_breaks_a_built_in_is_told_of_it(tmp_path: Path) -> None:
    text = HEAD.replace("extra", "session_file_system") + 'status = "coming_soon"\n'
    (tmp_path / "x.toml").write_text(text)
    said = refusal(tmp_path)
    path, line, reason = said.split(":", 2)
    assert Path(path).read_text(encoding="utf-8").split("\n")[int(line) - 1] == (
        'dependencies = ["session_file_system"]'
    )
    assert reason == " dependencies[0]: session_file_system is coming_soon, and this capability is available"


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD)
    (tmp_path / "b.toml").write_text('name = "B"\n' + HEAD.replace('name = "Extra"\n', ""))
    assert refusal(tmp_path) == f"{tmp_path}/b.toml:2: id: extra is taken by a.toml"


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"{n * 7 % 30:02}.toml").write_text("=")
    assert refusal(tmp_path).startswith(f"{tmp_path}/00.toml:1: is not valid TOML")


def test_what_is_not_utf_8_is_refused_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(HEAD.encode() + b'icon = "caf\xe9"\n')
    assert refusal(tmp_path) == f"{tmp_path}/x.toml:4: is not UTF-8"


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refusal(missing) == f"{missing}: cannot be listed: No such file or directory"


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(HEAD)
    assert refusal(tmp_path / "x.toml") == f"{tmp_path}/x.toml: cannot be listed: Not a directory"


def test_a_directory_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()
    assert refusal(tmp_path) == f"{tmp_path}/x.toml: cannot be read: Is a directory"


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").symlink_to(tmp_path / "gone")
    assert refusal(tmp_path) == f"{tmp_path}/x.toml: cannot be read: No such file or directory"


# Permissions do not hold back a test that runs as root, so the fault is forced.
def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.toml").write_text(HEAD)
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.parent == tmp_path:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert refusal(tmp_path) == f"{tmp_path}/x.toml: cannot be read: Permission denied"


def test_an_unreadable_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path == tmp_path:
            _deny()
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert refusal(tmp_path) == f"{tmp_path}: cannot be listed: Permission denied"


def _deny() -> NoReturn:
    raise PermissionError(13, "Permission denied")


AFTER_LOADING = """
import sys
from pathlib import Path
from server.catalog import load
from server.catalog.load import load_catalog

catalog = load_catalog(Path(sys.argv[1]))
after, loaded = [], True
sys.addaudithook(lambda event, args: after.append(event) if loaded else None)
for capability in catalog:
    assert catalog.get(capability.id) is capability
    assert catalog.dependencies_first(capability.id)
    assert catalog.config_problems(capability.id, capability.default_config) == []
    assert catalog.config_problems(capability.id, {"no such key": 1})
assert catalog.nearest("web_fech") == "web_fetch"
loaded = False
print(sorted({event for event in after if event.partition(".")[0] in ("open", "os", "socket", "import")}))
"""


def test_a_loaded_catalog_does_no_io(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(HEAD)
    run = subprocess.run(
        [sys.executable, "-c", AFTER_LOADING, str(tmp_path)],
        cwd=BUILT_IN.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "[]\n", "")
