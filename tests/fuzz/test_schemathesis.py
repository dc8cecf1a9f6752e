"""schemathesis, every check on, against a real server and gateway: it finds nothing.

`make fuzz` makes many more calls than a run of all tests does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import orjson

from tests.fuzz.conftest import Target
from tests.system.processes import ROOT

_CONFIG = ROOT / "tests" / "fuzz" / "schemathesis.toml"
_EXAMPLES = os.environ.get("EVERRUNS_TEST_FUZZ_EXAMPLES", "5")
"""How many cases each phase generates for an operation."""

_LEAST_CALLS = int(os.environ.get("EVERRUNS_TEST_FUZZ_CALLS", "500"))


def test_schemathesis_finds_nothing(target: Target, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}
        for name, key in target.keys.items()
    ]
    keys.write_text(json.dumps({"auth": users}))
    report = tmp_path / "report.ndjson"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run"]
    command += [f"{target.url}/openapi.json", "--max-examples", _EXAMPLES, "--no-color"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report)]
    environment = {
        **os.environ,
        "EVERRUNS_TEST_KEYS": str(keys),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}",
    }
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr
    assert calls(report) >= _LEAST_CALLS


def calls(report: Path) -> int:
    """How many calls a run made."""
    return sum(len(orjson.loads(line)) for line in report.read_bytes().splitlines())
