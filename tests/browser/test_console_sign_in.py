from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import sign_in


def stores(page: Page) -> dict[str, str]:
    """All that the browser keeps of the page, by where it does."""
    script = """() => ({session: JSON.stringify(sessionStorage), local: JSON.stringify(localStorage),
                        cookie: document.cookie, url: location.href})"""
    found: dict[str, str] = page.evaluate(script)
    return found


def test_a_key_lets_in_and_is_kept_in_the_tab_alone(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/console")
    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.get_by_label("API key").fill(f" {service.key} ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_focused()
    expect(page).to_have_title("Sessions · Sessions console")
    kept = stores(page)
    assert service.key in kept.pop("session")
    assert [where for where, text in kept.items() if service.key in text] == []
    page.reload()
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    with page.context.expect_page() as opened:
        page.evaluate("open(location.href, '_blank', 'noopener')")
    expect(opened.value.get_by_label("API key")).to_be_visible()


def test_a_wrong_key_is_refused_in_words(page: Page, service: Service, mistakes: Mistakes) -> None:
    page.goto(f"{service.url}/console")
    key = page.get_by_label("API key")
    for text, said in (
        ("", "Enter a key."),
        ("é ü", "A key has no spaces and no special characters."),
        ("evr_wrong", "This key is not valid."),
    ):
        key.fill(text)
        page.get_by_role("button", name="Sign in").click()
        expect(key).to_have_accessible_description(
            f"{said} It stays in this tab, and is forgotten when you close the tab or sign out."
        )
        expect(key).to_be_focused()
    assert stores(page)["session"] == "{}"
    assert len(mistakes.refusals()) == 1
    key.fill(service.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()


def test_signing_out_forgets_the_key(page: Page, service: Service) -> None:
    sign_in(page, service, "#/agents?search=nothing")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("nothing")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert service.key not in stores(page)["session"]
    page.go_back()
    page.goto(f"{service.url}/console")
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_key_that_is_not_accepted_any_more_is_asked_for_anew(
    page: Page, service: Service, mistakes: Mistakes
) -> None:
    sign_in(page, service)
    # In one go: a list that is still on its way would meet the key that is not accepted first.
    page.get_by_role("button", name="Refresh").evaluate(
        """button => {
            sessionStorage.setItem(Object.keys(sessionStorage)[0], "evr_revoked");
            button.click();
        }"""
    )
    expect(page.get_by_role("alert")).to_have_text("The key is not accepted any more. Enter one that is.")
    assert stores(page)["session"] == "{}"
    assert mistakes.refusals()
