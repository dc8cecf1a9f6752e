from __future__ import annotations

import re

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.problem_document import problem
from tests.gateway.unit.running_gateway import running_gateway

FILES = ["main.js", "tokens.css", "icon.svg"]


def policy(answer: httpx.Response) -> dict[str, str]:
    """The directives of the answer's Content-Security-Policy."""
    found = answer.headers["content-security-policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in found)


def test_the_page_is_there_without_a_key(client: httpx.Client) -> None:
    answer = client.get("/console")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.head("/console").headers["content-length"] == str(len(answer.content))
    assert client.get("/console", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["", *(f"/{name}" for name in FILES)])
def test_the_policy_allows_the_pages_own_files_alone(client: httpx.Client, path: str) -> None:
    found = policy(client.get(f"/console{path}"))
    assert found["default-src"] == found["base-uri"] == found["form-action"] == "'none'"
    assert found["frame-ancestors"] == "'none'"
    assert found["script-src"] == found["style-src"] == found["connect-src"] == "'self'"
    assert found["img-src"] == "'self' data:"
    assert found["require-trusted-types-for"] == "'script'"


def test_the_page_has_no_script_or_style_of_its_own(client: httpx.Client) -> None:
    page = client.get("/console").text
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []


def test_every_file_that_the_page_names_is_there(client: httpx.Client) -> None:
    named = set(re.findall(r'(?:href|src)="(console/[^"]+)"', client.get("/console").text))
    while True:
        scripts = [name for name in named if name.endswith(".js")]
        found = {
            f"console/{name}"
            for script in scripts
            for name in re.findall(r'from "\./([^"]+)"', client.get(f"/{script}").text)
        }
        if found <= named:
            break
        named |= found
    assert {f"console/{name}" for name in FILES} <= named
    assert [name for name in named if client.get(f"/{name}").status_code != 200] == []


def test_the_page_with_a_slash_leads_to_the_page(client: httpx.Client) -> None:
    answer = client.get("/console/")
    assert answer.status_code == 308
    assert client.get("/console/", follow_redirects=True).url.path == "/console"


@pytest.mark.parametrize("path", ["/console/nothing.js", "/console/../app.py", "/console/%2e%2e/app.py"])
def test_there_is_nothing_else(client: httpx.Client, path: str) -> None:
    problem(client.get(path), "ROUTE_NOT_FOUND", 404)


def test_it_can_be_switched_off(server: FakeServer) -> None:
    settings = Settings(grpc_target=f"127.0.0.1:{server.port}", console=False)
    with running_gateway(settings) as url, httpx.Client(base_url=url, trust_env=False) as client:
        for path in ("/console", "/console/", "/console/main.js"):
            problem(client.get(path), "ROUTE_NOT_FOUND", 404)
