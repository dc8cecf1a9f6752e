"""The console as a test uses it: what is there to see, and a reader who signs in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Service

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


class Api:
    """The REST API, to put there what a page shows."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def agent(self, **more: Json) -> tuple[str, str]:
        """Makes an agent of its own name; its id and name."""
        name = f"agent-{uuid.uuid4().hex[:12]}"
        made = self._call("POST", "agents", {"name": name, "system_prompt": "Be brief.", **more})
        return str(made["id"]), str(made["display_name"] or name)

    def session(self, agent_id: str, **more: Json) -> str:
        """Makes a session; its id."""
        return str(self._call("POST", "sessions", {"agent_id": agent_id, **more})["id"])

    def read(self, path: str) -> dict[str, object]:
        """What is at a path."""
        return self._call("GET", path, None)

    def delete(self, path: str) -> None:
        """Deletes what is at a path."""
        self._client.delete(f"/v1/{path}").raise_for_status()

    def _call(self, method: str, path: str, body: Json) -> dict[str, object]:
        answer = self._client.request(method, f"/v1/{path}", json=body)
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json()
        return found


@contextmanager
def connected(service: Service) -> Iterator[Api]:
    """The API of the service, with its key."""
    headers = {"authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as client:
        yield Api(client)


def sign_in(page: Page, service: Service, place: str = "") -> None:
    """Opens a place of the console, and enters the key."""
    page.goto(f"{service.url}/console{place}")
    page.get_by_label("API key").fill(service.key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def open_signed_in(page: Page, service: Service, place: str = "") -> None:
    """Opens a place of the console in a tab where somebody has signed in before."""
    page.add_init_script(f"sessionStorage.setItem('everruns-api-key', '{service.key}')")
    page.goto(f"{service.url}/console{place}")


def text_box(page: Page, name: str) -> Locator:
    """The text field of this name."""
    return page.get_by_role("textbox", name=name)


def combobox(page: Page, name: str) -> Locator:
    """The field of this name that finds things."""
    return page.get_by_role("combobox", name=name)


def pick(page: Page, name: str, text: str) -> None:
    """Types into a field that finds things, and picks the one thing that it finds."""
    combobox(page, name).fill(text)
    option = page.get_by_role("listbox", name=name).get_by_role("option")
    expect(option).to_have_count(1)
    option.click()


def leaf(page: Page, ref: str, path: str) -> Locator:
    """The line of a setting in the effective config."""
    return page.locator(f'[data-ref="{ref}"] [data-path="{path}"]')
