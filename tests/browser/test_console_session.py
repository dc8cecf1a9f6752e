from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import connected, leaf, open_signed_in, text_box


def test_a_session_is_shown_with_what_runs_and_where_it_is_from(page: Page, service: Service) -> None:
    with connected(service) as api:
        agent, name = api.agent(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 1000}}])
        session = api.session(
            agent,
            title="Seen",
            tags=["a", "b"],
            model_id="model-x",
            capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 2000}}, {"ref": "session_storage"}],
        )
    open_signed_in(page, service, f"#/sessions/{session}")
    expect(page.get_by_role("heading", name="Seen")).to_be_visible()
    main = page.get_by_role("main")
    for text in (session, name, "model-x, chosen by the session.", "key_value", "kv_store", "sha256:"):
        expect(main).to_contain_text(text)
    timeout = leaf(page, "web_fetch", "/timeout_ms")
    expect(timeout.locator(".by")).to_have_text("set by session")
    expect(timeout.locator(".beaten")).to_have_text("instead of 30000 from default, 1000 from agent")
    page.get_by_text("kv_store", exact=True).click()
    expect(page.get_by_label("Parameters of kv_store")).to_contain_text('"enum"')
    page.get_by_text("The session's own capabilities, as given").click()
    expect(page.get_by_label("Capabilities as given")).to_contain_text('"timeout_ms": 2000')
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_title_and_tags_are_changed(page: Page, service: Service, mistakes: Mistakes) -> None:
    with connected(service) as api:
        agent, _ = api.agent()
        session = api.session(agent, title="Before", tags=["old", "kept"])
        open_signed_in(page, service, f"#/sessions/{session}")
        page.get_by_role("button", name="Edit title and tags").click()
        title = text_box(page, "Title")
        expect(title).to_be_focused()
        title.fill("x" * 501)
        page.get_by_role("button", name="Save").click()
        expect(title).to_have_attribute("aria-invalid", "true")
        expect(title).to_be_focused()
        assert mistakes.refusals()
        title.fill("After")
        page.get_by_role("button", name="Remove the tag old").click()
        text_box(page, "Tags").fill("new")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="After")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Saved")
        assert api.read(f"sessions/{session}")["tags"] == ["kept", "new"]
        page.get_by_role("button", name="Edit title and tags").click()
        title.fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Untitled session")).to_be_visible()
        assert api.read(f"sessions/{session}")["title"] is None


def test_a_session_is_deleted_only_when_that_is_confirmed(
    page: Page, service: Service, mistakes: Mistakes
) -> None:
    with connected(service) as api:
        agent, _ = api.agent()
        session = api.session(agent, title="Short-lived")
    open_signed_in(page, service, f"#/sessions/{session}")
    delete = page.get_by_role("button", name="Delete")
    dialog = page.get_by_role("dialog", name="Delete this session?")
    delete.click()
    expect(dialog).to_contain_text("“Short-lived” will be gone for good.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    delete.click()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    with connected(service) as api:
        assert api.read(f"sessions/{session}")["id"] == session
    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    page.goto(f"{service.url}/console#/sessions/{session}")
    expect(page.get_by_role("alert")).to_contain_text("The session could not be loaded.")
    assert mistakes.refusals()
