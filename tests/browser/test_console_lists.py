from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import combobox, connected, open_signed_in, pick, text_box


@pytest.fixture
def tag() -> str:
    """A tag that no other test uses."""
    return f"tag-{uuid.uuid4().hex[:8]}"


def test_sessions_page_by_page(page: Page, service: Service, tag: str) -> None:
    with connected(service) as api:
        agent, name = api.agent()
        for number in range(23):
            api.session(agent, title=f"Reading {number}", tags=[tag])
    open_signed_in(page, service, f"#/sessions?tags={tag}")
    rows = page.locator(".row")
    expect(rows).to_have_count(20)
    expect(rows.first).to_contain_text("Reading 22")
    expect(rows.first).to_contain_text(name)
    expect(rows.first).to_contain_text("started")
    expect(page.get_by_role("status")).to_have_text("23 sessions")
    page.get_by_role("link", name="Next").click()
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text("Reading 0")
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("21 to 23 of 23")
    assert "offset=20" in page.url
    page.get_by_role("link", name="Previous").click()
    expect(rows).to_have_count(20)
    page.go_back()
    expect(rows).to_have_count(3)


def test_filters_narrow_the_sessions_and_are_in_the_link(page: Page, service: Service, tag: str) -> None:
    with connected(service) as api:
        (first, name), (second, _) = api.agent(), api.agent()
        api.session(first, title="Apples", tags=[tag])
        api.session(first, title="Apple pie", tags=[tag, "sweet"])
        api.session(second, title="More apples", tags=[tag])
    open_signed_in(page, service)
    rows = page.locator(".row")
    text_box(page, "Tags").fill(tag)
    text_box(page, "Tags").press("Enter")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Only sessions with the tag sweet").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Remove the tag sweet").click()
    expect(rows).to_have_count(3)
    page.get_by_role("searchbox", name="Search").fill("APPLES")
    expect(rows).to_have_count(2)
    pick(page, "Agent", name)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Apples")
    page.reload()
    expect(rows).to_have_count(1)
    expect(combobox(page, "Agent")).to_have_value(name)
    page.get_by_label("Status").select_option("idle")
    expect(page.get_by_text("No session fits these filters.")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(rows).not_to_have_count(0)
    assert page.url.endswith("#/sessions")


def test_refreshing_by_hand_and_by_itself(page: Page, service: Service, tag: str) -> None:
    page.clock.install()
    with connected(service) as api:
        agent, _ = api.agent()
        open_signed_in(page, service, f"#/sessions?tags={tag}")
        page.clock.run_for(100)
        expect(page.get_by_text("No session fits these filters.")).to_be_visible()
        api.session(agent, title="One", tags=[tag])
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator(".row")).to_have_count(1)
        page.get_by_role("link", name="One").focus()
        api.session(agent, title="Two", tags=[tag])
        page.clock.run_for(60_000)
        expect(page.locator(".row")).to_have_count(1)
        page.get_by_label("Auto-refresh").check()
        page.get_by_role("link", name="One").focus()
        page.clock.run_for(6_000)
        expect(page.locator(".row")).to_have_count(2)
        expect(page.get_by_role("link", name="One")).to_be_focused()


def test_a_list_that_cannot_be_loaded_says_so_and_can_be_tried_again(
    page: Page, service: Service, mistakes: Mistakes
) -> None:
    open_signed_in(page, service, "#/agents")
    expect(page.locator(".row")).not_to_have_count(0)

    def cut(route: Route) -> None:
        route.abort()

    page.route("**/v1/agents?*", cut)
    page.route("**/v1/agents", cut)
    page.get_by_role("button", name="Refresh").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The agents could not be loaded. The service cannot be reached.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".row")).not_to_have_count(0)
    assert mistakes.refusals()


def test_agents_are_found_and_shown(page: Page, service: Service) -> None:
    with connected(service) as api:
        agent, name = api.agent(
            display_name=f"Reader {uuid.uuid4().hex[:8]}",
            description="Reads a lot.",
            default_model_id="model-a",
            capabilities=[
                {"ref": "web_fetch", "config": {"timeout_ms": 1234}, "locked": ["/timeout_ms", "/max_bytes"]}
            ],
        )
        api.session(agent, title="Its only one")
    open_signed_in(page, service, "#/agents")
    page.get_by_role("searchbox", name="Search").fill(name)
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    locked = "Locked for its sessions: /timeout_ms, /max_bytes"
    for text in ("Reads a lot.", "model-a", '"timeout_ms": 1234', locked, "Be brief."):
        expect(page.get_by_role("main")).to_contain_text(text)
    page.get_by_role("link", name="Its sessions").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("Its only one")
    with connected(service) as api:
        api.delete(f"agents/{agent}")
    page.goto(f"{service.url}/console#/agents?search={name}")
    expect(page.get_by_text("No agent fits this search.")).to_be_visible()
    page.get_by_label("Archived ones, too").check()
    expect(page.locator(".row")).to_contain_text("archived")
