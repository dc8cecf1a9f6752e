"""The operator's table of models: what it finds, what it refuses, and how a file of it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.catalog.file import CatalogFileError
from server.catalog.models import load_models
from server.core.errors import Reason
from server.core.model import ANY_MODEL, Model, ModelStatus, ModelTable

BIG = Model("vendor/big:1", "Big", "vendor", "For much.", ("big", "big-latest"))
SMALL = Model("vendor/small", "Small", "vendor", status=ModelStatus.DEPRECATED)
TABLE = ModelTable([SMALL, BIG])
FILE = """
[[models]]
id = "vendor/small"
name = "Small"
provider = "vendor"
status = "deprecated"

[[models]]
id = "vendor/big:1"
name = "Big"
provider = "vendor"
description = "For much."
aliases = ["big", "big-latest"]
"""


def test_models_are_found_by_id_and_by_alias() -> None:
    assert list(TABLE) == [BIG, SMALL]
    assert TABLE.get("vendor/big:1") is TABLE.get("big") is BIG
    assert TABLE.get("huge") is None


def test_an_alias_stands_for_an_id_and_any_other_name_for_itself() -> None:
    assert TABLE.resolve("big-latest") == "vendor/big:1"
    assert TABLE.resolve("vendor/small") == "vendor/small"
    assert TABLE.resolve("gone") == "gone"
    assert TABLE.resolve(None) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vendor/bg:1", "there is no model vendor/bg:1; did you mean vendor/big:1 or vendor/small?"),
        ("big-late", "there is no model big-late; did you mean big-latest?"),
        ("bigg", "there is no model bigg; did you mean big?"),
        ("zzz", "there is no model zzz; ListModels (GET /v1/models) answers those that there are"),
    ],
)
def test_an_unknown_model_is_refused_with_the_nearest(name: str, said: str) -> None:
    [violation] = TABLE.violations("model_id", name)
    assert (violation.field, violation.reason) == ("model_id", Reason.UNKNOWN_MODEL)
    assert violation.description == said


@pytest.mark.parametrize("name", ["vendor/small", "big", None])
def test_a_known_model_and_none_are_not_refused(name: str | None) -> None:
    assert TABLE.violations("model_id", name) == ()


def test_an_empty_table_refuses_nothing() -> None:
    assert ANY_MODEL.violations("model_id", "anything") == ()
    assert len(ANY_MODEL) == 0


def test_a_file_makes_a_table(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text("\ufeff" + FILE)
    table = load_models(path)
    assert list(table) == [BIG, SMALL]
    assert table.changed_at == path.stat().st_mtime_ns // 1000


@pytest.mark.parametrize("text", ["", "models = []", "# none yet"])
def test_a_file_may_have_no_models(text: str, tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(text)
    assert len(load_models(path)) == 0
    assert load_models(None) is ANY_MODEL


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("models = 1", 1, "models: must be a list"),
        ("[[model]]\nid = 'a'", 1, "model: "),
        (FILE + "colour = 1", 14, "models[1].colour: "),
        ("[[models]]\nid = 'a'\nname = 'A'", 1, "models[0].provider: "),
        (FILE.replace("deprecated", "gone"), 6, "models[0].status: "),
        (FILE.replace('"vendor/small"', "2024-01-01"), 3, "models[0].id: is a date or time"),
        (FILE.replace("vendor/small", "vendor small"), 3, "models[0].id: must match"),
        (FILE.replace("vendor/small", "vendor/big:1"), 9, "models[1].id: vendor/big:1 names another model"),
        (
            FILE.replace('"big-latest"', '"vendor/small"'),
            13,
            "models[1].aliases[1]: vendor/small names another",
        ),
        (FILE.replace('"big-latest"', '"big"'), 13, "models[1].aliases[1]: big names another"),
        ("[[models]", 1, "is not valid TOML"),
    ],
)
def test_a_file_is_refused_by_line(text: str, line: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(text)
    with pytest.raises(CatalogFileError) as caught:
        load_models(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogFileError, match="cannot be read"):
        load_models(tmp_path / "none.toml")
