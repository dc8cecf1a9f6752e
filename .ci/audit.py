"""Runs pip-audit, its command and options as given, and says what its report comes to.

Exits 1 if a package has a known fault. That nothing could be asked is said, and is no failure: an index
need not keep such a list.
"""

from __future__ import annotations

import json
import subprocess
import sys

LONGEST = 60
"""How many seconds the index has to answer."""


def main(command: list[str]) -> int:
    """Returns the exit status."""
    try:
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LONGEST)
        packages = json.loads(ended.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError):
        print("audit: there is no report; NOTHING WAS AUDITED", file=sys.stderr)
        return 0
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}, "
        f"mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in packages
        for fault in package.get("vulns", ())
    ]
    for line in faults:
        print(f"audit: {line}")
    print(f"audit: {len(faults)} known faults in {len(packages) - len(unknown)} of {len(packages)} packages")
    if unknown:
        print(f"audit: the index could not tell of {len(unknown)}: {', '.join(unknown)}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
