"""Everything that the README shows, run once and in order, as a reader would.

What the reader does not do: the service listens on free ports, and PostgreSQL is one of the run's own. So
in the examples the addresses 127.0.0.1:8080, 127.0.0.1:50051 and localhost:50051 and the URL of the database
are replaced. Nothing else is: the working directory looks like the checkout, by links, with a `var` of its
own, and files that an example names are there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.readme.blocks import README, Example, examples
from tests.store.postgres_server import running_postgres
from tests.system.processes import PATIENCE, ROOT, free_port, running, wait_for_http

DATABASE = "postgresql://everruns@db1.internal/everruns"

_LINKED = ("server", "gateway", "generated")
_STATE = "shell-state"
# One shell after the other goes on with the variables of the one before.
_SHELL = f"""
set -euo pipefail -o allexport
if [ -e {_STATE} ]; then . ./{_STATE}; fi
trap 'export -p > {_STATE}' EXIT
"""


@dataclass(frozen=True)
class Ran:
    """How an example ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Transcript:
    """What became of each example that was run, and where all of it happened."""

    ran: Mapping[Example, Ran]
    directory: Path
    catalog: Path
    grpc_port: int
    replaced: Mapping[str, str]

    def run(self, arguments: list[str]) -> Ran:
        """Runs a program in the directory."""
        return _run(arguments, self.directory)


@contextmanager
def transcribed(directory: Path, grpcurl: str | None) -> Iterator[Transcript]:
    """The transcript, and the service still running. Without grpcurl its examples are left out."""
    found = examples(README.read_text())
    grpc_port, http_port = free_port(), free_port()
    catalog = directory / "catalog"
    _furnish(directory, catalog, found)
    ports = {"EVERRUNS_GRPC_PORT": str(grpc_port), "EVERRUNS_HTTP_PORT": str(http_port)}
    with ExitStack() as stack:
        replaced = {
            "127.0.0.1:8080": f"127.0.0.1:{http_port}",
            "127.0.0.1:50051": f"127.0.0.1:{grpc_port}",
            "localhost:50051": f"localhost:{grpc_port}",
            DATABASE: stack.enter_context(running_postgres()),
        }
        dev = running(["server", "dev"], directory / "var", **ports, EVERRUNS_CATALOG_DIR=str(catalog))
        process = stack.enter_context(dev)
        try:
            wait_for_http(f"http://127.0.0.1:{http_port}")
        except TimeoutError:
            raise AssertionError(f"the service does not start: {process.errors}") from None
        path = str(Path(grpcurl).parent) if grpcurl else ""
        ran = {
            example: _run_example(example, replaced, directory, path)
            for example in found
            if grpcurl or not example.calls("grpcurl")
        }
        yield Transcript(ran, directory, catalog, grpc_port, replaced)


def replace_all(text: str, replaced: Mapping[str, str]) -> str:
    """The text with all that is to be replaced."""
    for shown, real in replaced.items():
        text = text.replace(shown, real)
    return text


def _furnish(directory: Path, catalog: Path, found: list[Example]) -> None:
    for name in _LINKED:
        (directory / name).symlink_to(ROOT / name)
    (directory / ".venv").symlink_to(sys.prefix)
    catalog.mkdir()
    for block in (example.block for example in found if example.block.language == "toml"):
        (catalog / block.file_name).write_text(block.text)


def _run_example(example: Example, replaced: Mapping[str, str], directory: Path, path: str) -> Ran:
    block = example.block
    text = replace_all(block.text, replaced)
    match block.language:
        case "bash":
            return _run(["bash", "-c", _SHELL + text], directory, path)
        case "python":
            (directory / block.file_name).write_text(text)
            return _run([sys.executable, block.file_name], directory)
        case "toml":
            code = "import sys; from pathlib import Path; from server.catalog.load import load_catalog; "
            code += "load_catalog(Path('catalog'))"
            return _run([sys.executable, "-c", code], directory)
    raise AssertionError(f"{block.language} cannot be run")


def _run(arguments: list[str], directory: Path, path: str = "") -> Ran:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EVERRUNS_")}
    search = os.pathsep.join(filter(None, (path, inherited["PATH"])))
    own = {"PATH": search, "PYTHONPATH": "generated", "no_proxy": "*"}
    ended = subprocess.run(
        arguments,
        cwd=directory,
        env={**inherited, **own},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)
