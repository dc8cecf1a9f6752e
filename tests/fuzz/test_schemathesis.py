"""schemathesis with all its checks, against a real server and gateway: it finds nothing.

A run of all tests makes some calls, the same every time; `make fuzz` makes many more.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.conftest import Target
from tests.system.processes import ROOT

_CONFIG = ROOT / "tests" / "fuzz" / "schemathesis.toml"
_EXAMPLES = os.environ.get("EVERRUNS_TEST_FUZZ_EXAMPLES", "3")
"""How many cases a phase generates for an operation; what covers the document comes besides."""

_SEED = os.environ.get("EVERRUNS_TEST_FUZZ_SEED", "20260131")
_LEAST_CALLS = int(os.environ.get("EVERRUNS_TEST_FUZZ_CALLS", "1000"))


def test_schemathesis_finds_nothing(target: Target, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}
        for name, key in target.keys.items()
    ]
    keys.write_text(json.dumps({"auth": users}))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run", "--no-color"]
    # It ends when its client leaves, which schemathesis does not; tests/wire has its cases.
    command += ["--exclude-operation-id", "WatchSessions"]
    command += ["--max-examples", _EXAMPLES, "--seed", _SEED, f"{target.url}/openapi.json"]
    ours = {
        "EVERRUNS_TEST_KEYS": str(keys),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "generated"))),
        "NO_PROXY": "*",
    }
    ended = subprocess.run(command, cwd=tmp_path, env={**os.environ, **ours}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # That a case fits the document and is refused all the same, or finds nothing, is told as a warning.
    assert "Schema validation mismatch" not in ended.stdout, ended.stdout
    found = re.search(r"(\d+) generated, (\d+) passed", ended.stdout)
    assert found is not None, ended.stdout
    made, passed = map(int, found.groups())
    assert made == passed >= _LEAST_CALLS
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in ended.stdout.replace("✅  ", "✅ "), ended.stdout
