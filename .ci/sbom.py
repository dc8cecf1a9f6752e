"""Writes a software bill of materials of what runs, CycloneDX 1.5 in JSON, to standard output.

The packages, versions and hashes are those of .ci/requirements/runtime.txt; the licences are what the
packages that are installed say of themselves. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / ".ci" / "requirements" / "runtime.txt"
_PACKAGE = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)((?:[ \t\\\n]+--hash=sha256:[0-9a-f]{64})*)", re.MULTILINE
)
_MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy"


def pinned() -> list[tuple[str, str, list[str]]]:
    """Name, version and SHA-256s of each package."""
    return [
        (name, version, re.findall(r"[0-9a-f]{64}", hashes))
        for name, version, hashes in _PACKAGE.findall(REQUIREMENTS.read_text())
    ]


def licence(name: str) -> str:
    """What a package says: an SPDX expression (PEP 639), else its classifiers, else its free text, else
    that of its licence file if it is the MIT licence's."""
    said = metadata.metadata(name)
    if expression := said.get("License-Expression"):
        return expression
    classifiers = said.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    if named or (text := said.get("License")):
        return " AND ".join(sorted(named)) or text.splitlines()[0]
    files = [file for file in metadata.files(name) or [] if file.name.startswith("LICENSE")]
    return "MIT" if any(_MIT in file.read_text() for file in files) else "unknown"


def bill() -> dict[str, object]:
    """The document."""
    text = REQUIREMENTS.read_text()
    version = re.findall(r'^VERSION = "(.+)"$', (ROOT / "server" / "__init__.py").read_text(), re.MULTILINE)[
        0
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, version + text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "everruns-sessions",
                "name": "everruns-sessions",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "licenses": [{"license": {"name": licence(name)}}],
                "properties": [{"name": "pip:sha256", "value": digest} for digest in hashes],
            }
            for name, version, hashes in pinned()
        ],
        "dependencies": [
            {
                "ref": "everruns-sessions",
                "dependsOn": [f"pkg:pypi/{name}@{version}" for name, version, _ in pinned()],
            }
        ],
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=2)
    sys.stdout.write("\n")
