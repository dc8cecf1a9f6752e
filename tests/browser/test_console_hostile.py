"""Text that people wrote is text, wherever the console shows it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import Json, connected, open_signed_in, pick, text_box

MARKUP = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PROMPT = f"</pre></section>{MARKUP}<style>body{{display:none}}</style>&lt;b&gt;"


def expect_text_alone(page: Page) -> None:
    """Nothing of the text has become an element, and none of it ran."""
    expect(page.locator("main img:not([src='console/icon.svg']), main script, main style")).to_have_count(0)
    expect(page.locator("body")).to_be_visible()
    assert page.title() != "owned"


def test_markup_stays_text_everywhere(page: Page, service: Service) -> None:
    host = "a.example"
    capabilities: Json = [{"ref": "web_fetch", "config": {"allowed_hosts": [host]}}]
    with connected(service) as api:
        agent, name = api.agent(
            display_name=f"Agent {MARKUP}",
            description=MARKUP,
            system_prompt=PROMPT,
            capabilities=capabilities,
        )
        session = api.session(agent, title=f"Title {MARKUP}", tags=[MARKUP[:100], "javascript:alert(1)"])
    open_signed_in(page, service, f"#/sessions?agent_id={agent}")
    expect(page.locator(".row")).to_contain_text(f"Title {MARKUP}")
    expect(page.locator(".row")).to_contain_text(name)
    expect_text_alone(page)
    page.get_by_role("link", name="Title").click()
    expect(page.get_by_role("heading", name="Title")).to_have_text(f"Title {MARKUP}")
    expect(page.get_by_label("System prompt")).to_contain_text(PROMPT)
    expect_text_alone(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text(MARKUP)
    page.keyboard.press("Escape")
    page.goto(f"{service.url}/console#/agents/{agent}")
    expect(page.get_by_role("heading", name="Agent")).to_have_text(f"Agent {MARKUP}")
    expect(page.get_by_role("main")).to_contain_text(PROMPT)
    expect_text_alone(page)
    page.goto(f"{service.url}/console#/new?from={session}")
    expect(page.get_by_label("System prompt")).to_contain_text(PROMPT)
    text_box(page, "Title").fill(MARKUP)
    pick(page, "Add a capability", "virtual_bash")
    text_box(page, "working_dir").fill(MARKUP)
    expect(page.locator('[data-ref="virtual_bash"] .value')).to_contain_text("<script>")
    expect(page.get_by_text("Up to date")).to_be_visible()
    expect_text_alone(page)


def test_text_cannot_become_markup_even_by_mistake(page: Page, service: Service, mistakes: Mistakes) -> None:
    page.goto(f"{service.url}/console")
    for assign in ("document.body.innerHTML = '<b>x</b>'", "document.write('<b>x</b>')"):
        code = f"() => {{ try {{ {assign} }} catch (error) {{ return error.name }} }}"
        assert page.evaluate(code) == "TypeError"
    page.evaluate(
        """() => { const script = document.createElement("script"); script.setAttribute("nonce", "x");
                   script.append("document.title = 'owned'"); document.head.append(script) }"""
    )
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert page.title() != "owned"
    forbidden = " ".join(one for one in mistakes if one.startswith("forbidden"))
    for directive in ("require-trusted-types-for", "style-src-attr"):
        assert directive in forbidden
    mistakes.clear()


def test_a_hostile_link_is_an_error_in_words(page: Page, service: Service, mistakes: Mistakes) -> None:
    open_signed_in(page, service)
    for place in ("sessions/..%2Fagents", "sessions/%00", "agents/%E0%A4%A", "new?from=%2F"):
        page.goto(f"{service.url}/console#/{place}")
        expect(page.get_by_role("alert")).to_contain_text("could not be")
    page.goto(f"{service.url}/console#/nowhere/at/all")
    expect(page.get_by_role("heading", name="Nothing is here")).to_be_visible()
    page.get_by_role("link", name="Go to the sessions").click()
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    assert mistakes.refusals()
