"""What the console looks like: at a phone's width, and in both colour schemes."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Mistakes, Service
from tests.browser.console import connected, leaf, open_signed_in, pick, text_box
from tests.browser.contrast import low_contrasts

SCREENSHOTS = "EVERRUNS_TEST_SCREENSHOTS"
"""The directory that pictures for people are written to; none are without it."""

LARGEST = 200_000
"""The most bytes of such a picture."""

LONG = "Averyveryverylongwordwithoutanyplacetobreakitapart" * 4


def show_merge(page: Page, service: Service) -> None:
    """Opens the merge view with a draft that shows what it can do."""
    with connected(service) as api:
        agent, _ = api.agent(
            display_name="Web reader",
            description="Reads what it is given.",
            default_model_id="gpt-4o",
            system_prompt="Read what you are given. Say where each fact comes from.",
            capabilities=[
                {"ref": "web_fetch", "config": {"timeout_ms": 1000, "allowed_hosts": ["docs.example"]}},
                "current_time",
            ],
        )
    page.goto(f"{service.url}/console#/new?agent_id={agent}")
    page.get_by_role("button", name="Set the config of web_fetch").click()
    text_box(page, "timeout_ms").fill("60000")
    expect(leaf(page, "web_fetch", "/timeout_ms").locator(".by")).to_have_text("set by session")
    pick(page, "Add a capability", "sample_data")
    expect(page.locator('[data-ref="session_file_system"]')).to_contain_text("dependency of sample_data")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


def picture_of(page: Page, last: str) -> bytes:
    """The page down to the end of an element, at three quarters of its size, as PNG."""
    height = page.evaluate(f"Math.ceil(document.querySelector('{last}').getBoundingClientRect().bottom) + 20")
    # As high as what is there, so that nothing floats over it or scrolls.
    page.set_viewport_size({"width": 1200, "height": height})
    page.evaluate("document.activeElement.blur()")
    clip = {"x": 0, "y": 0, "width": 1200, "height": height, "scale": 0.75}
    session = page.context.new_cdp_session(page)
    picture = base64.b64decode(
        session.send("Page.captureScreenshot", {"format": "png", "clip": clip})["data"]
    )
    assert len(picture) <= LARGEST
    return picture


def test_nothing_is_wider_than_a_phone(page: Page, service: Service, mistakes: Mistakes) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    with connected(service) as api:
        agent, name = api.agent(display_name=LONG, description=LONG, system_prompt=LONG, tags=[LONG[:100]])
        session = api.session(agent, title=LONG, tags=[LONG[:100]], capabilities=["virtual_bash"])
    page.goto(f"{service.url}/console")
    assert overflow(page) <= 0
    open_signed_in(page, service)
    for place in (f"sessions?agent_id={agent}", f"sessions/{session}", "agents", f"agents/{agent}"):
        page.goto(f"{service.url}/console#/{place}")
        expect(page.get_by_text(LONG).first).to_be_visible()
        assert overflow(page) <= 0, place
    show_merge(page, service)
    text_box(page, "timeout_ms").fill("x" * 300)
    expect(page.get_by_text("Needs a change")).to_be_visible()
    pick(page, "Agent", name)
    assert overflow(page) <= 0
    box = page.get_by_role("button", name="Create session").bounding_box()
    assert box is not None
    assert box["height"] >= 36
    mistakes.refusals()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    page: Page, service: Service, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": 1200, "height": 2000})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{service.url}/console")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) > 3 * 128
    assert light is (scheme == "light")
    assert low_contrasts(page) == []
    open_signed_in(page, service)
    expect(page.get_by_role("main").locator(".row, .empty").first).to_be_visible()
    assert low_contrasts(page) == []
    show_merge(page, service)
    assert low_contrasts(page) == []
    directory = os.environ.get(SCREENSHOTS)
    if directory and scheme == "light":
        (Path(directory) / "console.png").write_bytes(picture_of(page, ".merge"))
