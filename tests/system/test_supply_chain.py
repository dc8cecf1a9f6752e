"""What runs beside the project's own code: all of it pinned, listed, and under a licence that is known."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from typing import Any

import pytest

from tests.system.processes import ROOT

PINS = (ROOT / ".ci" / "requirements" / "runtime.txt").read_text()
ALLOWED = {
    "3-Clause BSD License",
    "Apache License 2.0",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-2-Clause",
    "BSD License",
    "BSD-3-Clause",
    # psycopg, which is used as a library and not changed.
    "LGPL-3.0-only",
    "MIT",
    "MIT License",
    "MPL-2.0 AND (Apache-2.0 OR MIT)",
    "PSF-2.0",
}


def written_bill() -> str:
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "sbom.py"], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of materials, whose form CycloneDX 1.5 sets."""
    read: dict[str, Any] = json.loads(written_bill())
    return read


def test_every_licence_is_one_that_is_allowed(bill: dict[str, Any]) -> None:
    found = {part["name"]: part["licenses"][0]["license"]["name"] for part in bill["components"]}
    assert {name: licence for name, licence in found.items() if licence not in ALLOWED} == {}


def test_the_bill_lists_what_is_pinned_and_installed(bill: dict[str, Any]) -> None:
    pins = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", PINS, re.MULTILINE))
    listed = {part["name"]: part["version"] for part in bill["components"]}
    assert listed == pins
    assert len(listed) > 15
    assert {name: metadata.version(name) for name in listed} == listed


def test_the_bill_is_in_form_and_the_same_each_time(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(set(references)) == len(references)
    [of_all] = bill["dependencies"]
    assert of_all["ref"] == bill["metadata"]["component"]["bom-ref"]
    assert of_all["dependsOn"] == references
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in bill["components"])
    assert json.loads(written_bill()) == bill


def test_every_pin_has_a_hash(bill: dict[str, Any]) -> None:
    for part in bill["components"]:
        assert part["properties"]
        assert all(re.fullmatch("[0-9a-f]{64}", held["value"]) for held in part["properties"])


def audited(report: str) -> subprocess.CompletedProcess[str]:
    """What an audit comes to whose report is this."""
    command = [sys.executable, str(ROOT / ".ci" / "audit.py"), sys.executable, "-c", f"print({report!r})"]
    return subprocess.run(command, capture_output=True, text=True)


def test_an_audit_fails_for_a_known_fault_alone_and_says_what_it_could_not_ask() -> None:
    sound: dict[str, Any] = {"name": "sound", "version": "1", "vulns": []}
    unknown = {"name": "unknown", "skip_reason": "not found"}
    faulty = {"name": "faulty", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2"]}]}
    well = audited(json.dumps({"dependencies": [sound, unknown]}))
    assert (well.returncode, well.stdout) == (0, "audit: 0 known faults in 1 of 2 packages\n")
    assert well.stderr == "audit: the index could not tell of 1: unknown\n"
    found = audited(json.dumps({"dependencies": [sound, faulty]}))
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("audit: faulty 1.0: PYSEC-1, mended in 1.1, 2\n")
    silent = audited("")
    assert (silent.returncode, silent.stdout) == (0, "")
    assert "NOTHING WAS AUDITED" in silent.stderr
