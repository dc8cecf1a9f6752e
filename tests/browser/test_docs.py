"""`/docs` as a person uses it: reads what there is, enters a key, and makes a call."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Service

_SCREENSHOT = "EVERRUNS_TEST_SCREENSHOTS"
"""The directory into which pictures of the pages are written, if any."""


def opened(page: Page, service: Service) -> Page:
    """The page, once it shows the operations."""
    answer = page.goto(f"{service.url}/docs")
    assert answer is not None
    assert answer.status == 200
    expect(page.locator(".opblock").first).to_be_visible()
    return page


def test_it_lists_every_operation(page: Page, service: Service) -> None:
    opened(page, service)
    document = page.request.get(f"{service.url}/openapi.json").json()
    listed = [
        (
            block.locator(".opblock-summary-method").inner_text(),
            block.locator("[data-path]").get_attribute("data-path"),
        )
        for block in page.locator(".opblock").all()
    ]
    expected = [(method.upper(), path) for path, item in document["paths"].items() for method in item]
    assert sorted(listed) == sorted(expected)
    if directory := os.environ.get(_SCREENSHOT):
        page.set_viewport_size({"width": 1100, "height": 900})
        page.screenshot(path=Path(directory) / "docs.png")


def test_a_call_with_a_key(page: Page, service: Service) -> None:
    opened(page, service)
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(service.key)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").first.click()
    page.locator(".modal-ux").get_by_role("button", name="Close", exact=True).last.click()
    block = page.locator("#operations-Sessions-ListSessions")
    block.locator(".opblock-summary-control").click()
    with page.expect_response(lambda answer: "/v1/sessions" in answer.url) as answered:
        block.get_by_role("button", name="Execute").click()
    assert answered.value.status == 200
    assert answered.value.json()["offset"] == 0
    expect(block.locator(".live-responses-table .response .response-col_status").first).to_contain_text("200")


def test_an_example_creates_a_session(page: Page, service: Service) -> None:
    opened(page, service)
    page.get_by_role("button", name="Authorize").first.click()
    page.locator("#api_key_value").fill(service.key)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").last.click()
    page.locator(".modal-ux").get_by_role("button", name="Close", exact=True).last.click()
    block = page.locator("#operations-Sessions-CreateSession")
    block.locator(".opblock-summary-control").click()
    with page.expect_response(lambda answer: "/v1/sessions" in answer.url) as answered:
        block.get_by_role("button", name="Execute").click()
    assert answered.value.status == 201, answered.value.text()
