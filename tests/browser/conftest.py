"""A real Chromium, and a service whose pages it opens.

It takes the browser that `EVERRUNS_TEST_CHROMIUM` names, else the one on PATH. Where there is none the tests
that ask for a page are left out; a name of one that is not there is an error.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.system.processes import free_port, running, wait_for_http

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = pytest.StashKey[int]()
_RUNNING = pytest.StashKey[tuple[Browser, ExitStack]]()
_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", event =>
  reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
"""


class Mistakes(list[str]):
    """What a page did that it should not, a line each."""

    refused = False
    """Whether calls of the page are refused on purpose: those that follow may be told later than the test
    looks."""

    def refusals(self) -> list[str]:
        """Takes out what the browser says of refused and failed calls, and answers it."""
        self.refused = True
        found = [one for one in self if "Failed to load resource" in one]
        self[:] = [one for one in self if one not in found]
        return found


@dataclass(frozen=True)
class Service:
    """A service that runs with the example data: where its gateway is, and a key that reads and writes."""

    url: str
    key: str


def find_chromium() -> str | None:
    """The path of a Chromium. Raises UsageError if the variable names something that cannot be run."""
    named = os.environ.get("EVERRUNS_TEST_CHROMIUM")
    if named and shutil.which(named) is None:
        raise pytest.UsageError(f"EVERRUNS_TEST_CHROMIUM: there is no program {named}")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server and a gateway, processes of their own, that all tests here share."""
    directory: Path = tmp_path_factory.mktemp("browser")
    http = free_port()
    ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(http)}
    with running(["server", "dev"], directory, **ports) as process:
        url = f"http://127.0.0.1:{http}"
        wait_for_http(url, process)
        yield Service(url, (directory / "dev-key").read_text().strip())


@pytest.fixture
def chromium(request: pytest.FixtureRequest) -> Browser:
    """The browser, one for all tests that follow each other and ask for it. Without one they are not
    collected."""
    stash = request.config.stash
    if _RUNNING not in stash:
        ending = ExitStack()
        playwright = ending.enter_context(sync_playwright())
        # As root, which containers run as, it has no sandbox; elsewhere it need not have one here.
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        ending.callback(browser.close)
        # A run that is cut short has no next test.
        request.config.add_cleanup(ending.close)
        stash[_RUNNING] = browser, ending
    return stash[_RUNNING][0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Closes the browser before tests that do without, also after one that failed: while Playwright runs, no
    other test of the thread can run an event loop."""
    try:
        yield
    finally:
        if _RUNNING in item.config.stash and not _needs_chromium(nextitem):
            _, ending = item.config.stash[_RUNNING]
            del item.config.stash[_RUNNING]
            ending.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies, storage or cache from before."""
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def mistakes() -> Mistakes:
    """What the page did that it should not; a test that provokes some takes them out."""
    return Mistakes()


@pytest.fixture
def page(context: BrowserContext, service: Service, mistakes: Mistakes) -> Iterator[Page]:
    """A page of the service; the test fails for errors on its console or in its scripts, for what its
    Content-Security-Policy forbade, and for requests to any other place."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            mistakes.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((service.url + "/", "data:", "blob:")):
            mistakes.append(f"asks elsewhere: {request.url}")

    page = context.new_page()
    page.on("console", on_console)
    page.on("pageerror", lambda error: mistakes.append(f"script: {error}"))
    page.on("request", on_request)
    page.expose_function("reportViolation", lambda what: mistakes.append(f"forbidden: {what}"))
    page.add_init_script(_REPORT_VIOLATIONS)
    yield page
    if mistakes.refused:
        mistakes.refusals()
    assert mistakes == []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if find_chromium() is not None:
        return
    need = [item for item in items if _needs_chromium(item)]
    items[:] = [item for item in items if item not in need]
    config.hook.pytest_deselected(items=need)
    config.stash[_MISSING] = len(need)


def _needs_chromium(item: pytest.Item | None) -> bool:
    return isinstance(item, pytest.Function) and "chromium" in item.fixturenames


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if missing := config.stash.get(_MISSING, 0):
        line = f"Chromium is missing, so {missing} tests were left out; Debian's package chromium has it."
        terminalreporter.write_line(line)
