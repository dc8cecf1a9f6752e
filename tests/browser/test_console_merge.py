"""The merge view: a draft, and what a worker would run for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import Json, combobox, connected, leaf, open_signed_in, pick, text_box

FETCHING: Json = [{"ref": "web_fetch", "config": {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}}]


def opened(page: Page, service: Service, capabilities: Json = FETCHING) -> tuple[str, str]:
    """Opens the merge view and picks a new agent; its id and name."""
    with connected(service) as api:
        agent, name = api.agent(capabilities=capabilities, default_model_id="model-a")
    open_signed_in(page, service, "#/new")
    expect(page.get_by_text("Pick an agent to see what a worker would run.")).to_be_visible()
    pick(page, "Agent", name)
    expect(page.get_by_text("Up to date")).to_be_visible()
    return agent, name


def test_a_value_of_the_session_beats_the_others_and_says_so(page: Page, service: Service) -> None:
    agent, _ = opened(page, service)
    preview = page.get_by_role("region", name="What a worker would run", exact=True)
    timeout = leaf(page, "web_fetch", "/timeout_ms")
    expect(timeout.locator(".by")).to_have_text("set by agent")
    expect(timeout.locator(".beaten")).to_have_text("instead of 30000 from default")

    pick(page, "Add a capability", "web_fetch")
    expect(text_box(page, "allowed_hosts")).to_be_focused()
    text_box(page, "timeout_ms").fill("5000")
    expect(timeout.locator(".value")).to_have_text("5000")
    expect(timeout.locator(".by")).to_have_text("set by session")
    expect(timeout.locator(".beaten")).to_have_text("instead of 30000 from default, 1000 from agent")
    hosts = leaf(page, "web_fetch", "/allowed_hosts")
    expect(hosts.locator(".value")).to_have_text('["a.example"]')
    expect(hosts.locator(".by")).to_have_text("set by agent")
    backgrounds = [
        row.locator(".by .layer").evaluate("e => getComputedStyle(e).backgroundColor")
        for row in (timeout, hosts)
    ]
    assert backgrounds[0] != backgrounds[1]
    expect(page.get_by_role("status")).to_have_text("Preview: 1 capability, 1 tool")

    pick(page, "Add a capability", "virtual_bash")
    files = page.locator('[data-ref="session_file_system"]')
    expect(files).to_contain_text("dependency of virtual_bash")
    expect(page.locator('[data-ref="virtual_bash"]')).to_contain_text("from the session")
    expect(preview.locator(".chip")).to_have_text(["file_system"])
    expect(preview.get_by_text("read_file", exact=True)).to_be_visible()
    expect(page.get_by_label("System prompt")).to_contain_text('<capability id="virtual_bash">')
    expect(preview).to_contain_text("model-a, the agent's default.")

    text_box(page, "Title").fill("Made in the console")
    text_box(page, "Tags").fill("one, two,")
    text_box(page, "Model").fill("model-b")
    expect(preview).to_contain_text("model-b, chosen by the session.")
    page.get_by_role("button", name="Create session").click()
    expect(page.get_by_role("heading", name="Made in the console")).to_be_focused()
    made = page.url.partition("#/sessions/")[2]
    with connected(service) as api:
        found = api.read(f"sessions/{made}")
    assert found["agent_id"] == agent
    assert found["tags"] == ["one", "two"]
    assert found["model_id"] == "model-b"
    assert found["capabilities"] == [
        {"ref": "web_fetch", "config": {"timeout_ms": 5000}},
        {"ref": "virtual_bash", "config": None},
    ]


def test_a_bad_value_is_shown_at_its_field(page: Page, service: Service, mistakes: Mistakes) -> None:
    opened(page, service)
    page.get_by_role("button", name="Set the config of web_fetch").click()
    timeout, hosts = text_box(page, "timeout_ms"), text_box(page, "allowed_hosts")
    timeout.fill("0")
    hosts.fill("b.example\nnot a host")
    expect(page.get_by_text("Needs a change")).to_be_visible()
    expect(timeout).to_have_attribute("aria-invalid", "true")
    expect(timeout).to_have_accessible_description(
        "Must be at least 1. Milliseconds until a fetch is given up. 1 to 300000."
    )
    expect(hosts).to_have_accessible_description(
        "Item 2 is not a valid host name. The only hosts that may be "
        "fetched from. Unset: every host that is not blocked. One in each line."
    )
    page.get_by_role("button", name="capabilities[0].config.timeout_ms").click()
    expect(timeout).to_be_focused()
    page.get_by_role("button", name="Create session").click()
    expect(hosts).to_be_focused()
    timeout.fill("many")
    expect(timeout).to_have_accessible_description(
        "Must be an integer. Milliseconds until a fetch is given up. 1 to 300000."
    )
    timeout.fill("7")
    hosts.fill("b.example")
    expect(page.get_by_text("Up to date")).to_be_visible()
    expect(timeout).not_to_have_attribute("aria-invalid", "true")
    expect(leaf(page, "web_fetch", "/allowed_hosts").locator(".beaten")).to_have_text(
        'instead of ["a.example"] from agent'
    )
    text_box(page, "Model").fill("not a model")
    expect(text_box(page, "Model")).to_have_attribute("aria-invalid", "true")
    assert mistakes.refusals()


def test_json_says_what_a_form_cannot(page: Page, service: Service) -> None:
    opened(page, service)
    page.get_by_role("button", name="Set the config of web_fetch").click()
    text_box(page, "timeout_ms").fill("5000")
    page.get_by_role("button", name="JSON").click()
    editor = text_box(page, "Config of web_fetch")
    assert json.loads(editor.input_value()) == {"timeout_ms": 5000}
    editor.fill('{"timeout_ms": ')
    expect(page.get_by_text("This is not JSON yet").first).to_be_visible()
    expect(page.get_by_text("Needs a change")).to_be_visible()
    editor.fill('{"timeout_ms": 9007199254740993}')
    expect(page.get_by_text('The number at "timeout_ms" is too large').first).to_be_visible()
    editor.fill('{"allowed_hosts": null, "timeout_ms": 9}')
    expect(leaf(page, "web_fetch", "/timeout_ms").locator(".value")).to_have_text("9")
    expect(leaf(page, "web_fetch", "/allowed_hosts")).to_have_count(0)
    page.get_by_role("button", name="Form").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The form cannot show this config: allowed_hosts is null, which removes it."
    )
    expect(editor).to_be_visible()
    editor.fill('{"timeout_ms": 9}')
    page.get_by_role("button", name="Form").click()
    expect(text_box(page, "timeout_ms")).to_have_value("9")


def test_capabilities_are_added_once_and_taken_out(page: Page, service: Service) -> None:
    opened(page, service, [])
    field = combobox(page, "Add a capability")
    options = page.get_by_role("listbox", name="Add a capability").get_by_role("option")
    field.fill("research")
    expect(options).to_have_attribute("aria-disabled", "true")
    expect(options).to_contain_text("coming soon")
    field.press("Enter")
    expect(page.locator(".editor")).to_have_count(0)
    field.fill("no such thing")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_text("Nothing found.")).to_be_hidden()
    pick(page, "Add a capability", "current_time")
    expect(page.locator('[data-ref="current_time"]')).to_be_visible()
    field.fill("current_time")
    expect(options).to_contain_text("already here")
    page.get_by_role("button", name="Remove current_time").click()
    expect(page.locator('[data-ref="current_time"]')).to_have_count(0)
    expect(page.get_by_text("No capabilities: the model gets the prompt alone.")).to_be_visible()


def test_quick_typing_is_asked_about_once(page: Page, service: Service) -> None:
    opened(page, service)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    text_box(page, "Title").press_sequentially("Quick")
    expect(page.get_by_text("Checking…")).to_be_visible()
    assert asked == []
    page.clock.run_for(1000)
    expect(page.get_by_text("Up to date")).to_be_visible()
    assert len(asked) == 1


def test_an_answer_that_is_out_of_date_is_dropped(page: Page, service: Service) -> None:
    opened(page, service)
    page.get_by_role("button", name="Set the config of web_fetch").click()
    held: list[Request] = []
    failed: list[Request] = []

    def is_first(request: Request) -> bool:
        return '"timeout_ms":111' in (request.post_data or "")

    def hold(route: Route) -> None:
        if is_first(route.request):
            held.append(route.request)
        else:
            route.continue_()

    page.route("**/v1/sessions:preview", hold)
    page.on("requestfailed", lambda request: failed.append(request))
    with page.expect_request(is_first):
        text_box(page, "timeout_ms").fill("111")
    text_box(page, "timeout_ms").fill("222")
    expect(leaf(page, "web_fetch", "/timeout_ms").locator(".value")).to_have_text("222")
    expect(page.get_by_text("Up to date")).to_be_visible()
    assert len(held) == 1
    assert [request for request in failed if is_first(request)] == held


def test_an_archived_agent_is_refused_in_words(page: Page, service: Service, mistakes: Mistakes) -> None:
    with connected(service) as api:
        agent, name = api.agent()
        api.delete(f"agents/{agent}")
    open_signed_in(page, service, f"#/new?agent_id={agent}")
    expect(combobox(page, "Agent")).to_have_value(name)
    expect(page.get_by_text("Needs a change")).to_be_visible()
    expect(page.get_by_role("region", name="What a worker would run", exact=True)).to_contain_text("deleted")
    assert mistakes.refusals()


def test_a_session_can_be_the_beginning_of_another(page: Page, service: Service) -> None:
    with connected(service) as api:
        agent, name = api.agent(capabilities=["virtual_bash"])
        config: Json = {"timeout_ms": 77}
        excluded: Json = {"ref": "virtual_bash", "mode": "exclude"}
        first = api.session(
            agent,
            title="First",
            tags=["t"],
            model_id="m",
            capabilities=[{"ref": "web_fetch", "config": config}, excluded],
        )
    open_signed_in(page, service, f"#/new?from={first}")
    expect(combobox(page, "Agent")).to_have_value(name)
    expect(text_box(page, "Title")).to_have_value("First")
    expect(text_box(page, "Model")).to_have_value("m")
    expect(text_box(page, "timeout_ms")).to_have_value("77")
    expect(leaf(page, "web_fetch", "/timeout_ms").locator(".by")).to_have_text("set by session")
    expect(page.get_by_text("Taken out of what the agent brings.")).to_be_visible()
    expect(page.locator('[data-ref="virtual_bash"]')).to_have_count(0)
    page.get_by_role("button", name="Remove virtual_bash").click()
    expect(page.locator('[data-ref="virtual_bash"]')).to_be_visible()


def test_a_create_that_may_have_gone_through_is_not_made_twice(
    page: Page, service: Service, mistakes: Mistakes
) -> None:
    agent, _ = opened(page, service)
    text_box(page, "Title").fill("Once")
    expect(page.get_by_text("Up to date")).to_be_visible()

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/v1/sessions", lose_the_answer)
    page.get_by_role("button", name="Create session").click()
    expect(page.get_by_text("The service cannot be reached. Is it running?")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Create session").click()
    expect(page.get_by_role("heading", name="Once")).to_be_visible()
    with connected(service) as api:
        assert api.read(f"sessions?agent_id={agent}")["total"] == 1
    assert mistakes.refusals()
