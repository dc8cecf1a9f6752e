"""The console without a mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import combobox, connected, leaf, text_box

MOST_STEPS = 60
_FOCUS = """(wanted) => {
  const at = document.activeElement;
  const outlined = ["", "::after"].some((part) => getComputedStyle(at, part).outlineStyle !== "none");
  return { here: at === wanted, outlined: at === document.body || outlined, what: at.outerHTML };
}"""


def step_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Steps to an element with the keyboard alone, and sees at each step where the focus is."""
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        focus = wanted.evaluate(_FOCUS)
        assert focus["outlined"], focus["what"]
        if focus["here"]:
            return
    raise AssertionError(f"{wanted} cannot be reached by {key}")


def test_a_session_is_made_by_keyboard_alone(page: Page, service: Service, mistakes: Mistakes) -> None:
    with connected(service) as api:
        _, name = api.agent(capabilities=["web_fetch"])
    keys = page.keyboard
    page.goto(f"{service.url}/console")
    keys.type(service.key)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_focused()
    skip = page.get_by_role("link", name="Skip to the content")
    step_to(page, skip, "Shift+Tab")
    place = page.url
    keys.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert page.url == place
    step_to(page, page.get_by_role("link", name="New session").first, "Shift+Tab")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="New session")).to_be_focused()

    step_to(page, combobox(page, "Agent"))
    keys.type(name)
    expect(page.get_by_role("listbox", name="Agent").get_by_role("option")).to_have_count(1)
    keys.press("ArrowDown")
    option = page.get_by_role("option", selected=True)
    expect(combobox(page, "Agent")).to_have_attribute(
        "aria-activedescendant", option.get_attribute("id") or ""
    )
    keys.press("Enter")
    expect(combobox(page, "Agent")).to_have_value(name)

    step_to(page, page.get_by_role("button", name="Set the config of web_fetch"))
    keys.press("Enter")
    step_to(page, text_box(page, "timeout_ms"))
    keys.type("0")
    expect(text_box(page, "timeout_ms")).to_have_attribute("aria-invalid", "true")
    assert mistakes.refusals()
    keys.press("Control+A")
    keys.type("4000")
    timeout = leaf(page, "web_fetch", "/timeout_ms")
    expect(timeout.locator(".by")).to_have_text("set by session")
    step_to(page, combobox(page, "Add a capability"))
    keys.type("virtual")
    expect(page.get_by_role("listbox", name="Add a capability").get_by_role("option")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator('[data-ref="session_file_system"]')).to_contain_text("dependency of virtual_bash")
    expect(page.locator('[data-ref="virtual_bash"]')).to_be_visible()
    step_to(page, text_box(page, "Title"), "Shift+Tab")
    keys.type("By keyboard")
    step_to(page, page.get_by_role("button", name="Create session"))
    keys.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard")).to_be_focused()

    step_to(page, page.get_by_role("button", name="Delete"))
    keys.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    step_to(page, dialog.get_by_role("button", name="Delete"))
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_focused()
