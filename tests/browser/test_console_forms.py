"""Forms for every kind of setting, with a catalog that has them all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import connected, leaf, open_signed_in, pick, text_box
from tests.system.processes import free_port, running, wait_for_http

_ENTRIES = {
    "every_kind": """
id = "every_kind"
name = "Every kind"
description = "Has a setting of every kind."
status = "deprecated"
default_config = { quiet = true, depth = 1.5 }

[config_schema]
type = "object"
additionalProperties = false
properties.quiet = { type = "boolean" }
properties.unit = { enum = ["metric", "imperial", 3] }
properties.depth = { type = "number", minimum = 0 }
properties.words = { type = "array", items = { "$ref" = "#/$defs/word" }, description = "Some words." }
properties.limits.type = "object"
properties.limits.properties = { most = { type = "integer" }, who = { type = "string" } }
properties.table = { type = "object", additionalProperties = { type = "integer" } }
"$defs".word = { type = "string", maxLength = 5 }
""",
    "day": 'id = "day"\nname = "Day"\ndescription = "Before sunset."\nconflicts_with = ["night"]\n',
    "night": 'id = "night"\nname = "Night"\ndescription = "After sunset."\n',
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with an operator's catalog, and a gateway."""
    directory: Path = tmp_path_factory.mktemp("forms")
    catalog = directory / "catalog"
    catalog.mkdir()
    for name, text in _ENTRIES.items():
        (catalog / f"{name}.toml").write_text(text)
    port = free_port()
    settings = {"EVERRUNS_HTTP_PORT": str(port), "EVERRUNS_CATALOG_DIR": str(catalog)}
    with running(["server", "dev"], directory, EVERRUNS_GRPC_PORT=str(free_port()), **settings) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for_http(url, process)
        yield Service(url, (directory / "dev-key").read_text().strip())


def test_a_form_has_a_control_for_every_kind(page: Page, service: Service, mistakes: Mistakes) -> None:
    with connected(service) as api:
        agent, _ = api.agent(capabilities=[{"ref": "every_kind", "config": {"limits": {"most": 3}}}])
    open_signed_in(page, service, f"#/new?agent_id={agent}")
    warning = page.locator(".problem-warning")
    expect(warning).to_contain_text("agent.capabilities[0]")
    page.get_by_role("button", name="Set the config of every_kind").click()
    assert page.get_by_role("group", name="limits").get_by_role("textbox").count() == 2
    quiet, unit = page.get_by_label("quiet"), page.get_by_label("unit")
    expect(quiet.get_by_role("option")).to_have_text(["not set here", "true", "false"])
    quiet.select_option("false")
    unit.select_option("3")
    text_box(page, "depth").fill("2.5")
    text_box(page, "words").fill("a\n\n b \n")
    text_box(page, "who").fill("me")
    text_box(page, "table").fill('{"x": 1}')
    for path, value, by in (
        ("/quiet", "false", "session"),
        ("/unit", "3", "session"),
        ("/depth", "2.5", "session"),
        ("/words", '["a", "b"]', "session"),
        ("/limits/most", "3", "agent"),
        ("/limits/who", '"me"', "session"),
        ("/table/x", "1", "session"),
    ):
        expect(leaf(page, "every_kind", path).locator(".value")).to_have_text(value)
        expect(leaf(page, "every_kind", path).locator(".by")).to_have_text(f"set by {by}")
    expect(page.locator(".origin", has_text="agent sets 3")).to_be_visible()

    text_box(page, "words").fill("a\ntoo long")
    text_box(page, "most").fill("1.5")
    text_box(page, "table").fill('{"x": "y"}')
    expect(text_box(page, "words")).to_have_accessible_description(
        "Item 2 must have at most 5 characters. Some words. One in each line."
    )
    expect(text_box(page, "most")).to_have_accessible_description("Must be an integer.")
    expect(text_box(page, "table")).to_have_accessible_description("X: must be an integer. As JSON.")
    quiet.select_option("")
    text_box(page, "words").fill("")
    text_box(page, "most").fill("")
    text_box(page, "table").fill("")
    expect(leaf(page, "every_kind", "/quiet").locator(".by")).to_have_text("set by default")
    page.get_by_role("button", name="JSON").click()
    shown = json.loads(text_box(page, "Config of every_kind").input_value())
    assert shown == {"depth": 2.5, "limits": {"who": "me"}, "unit": 3}
    assert mistakes.refusals()


def test_what_cannot_go_together_is_shown_at_the_capability(
    page: Page, service: Service, mistakes: Mistakes
) -> None:
    with connected(service) as api:
        agent, _ = api.agent()
    open_signed_in(page, service, f"#/new?agent_id={agent}")
    pick(page, "Add a capability", "day")
    pick(page, "Add a capability", "night")
    expect(page.locator(".editor .error:visible")).to_contain_text("night")
    page.get_by_role("button", name="Remove night").click()
    expect(page.get_by_text("Up to date")).to_be_visible()
    expect(page.locator(".editor .error:visible")).to_have_count(0)
    assert mistakes.refusals()
