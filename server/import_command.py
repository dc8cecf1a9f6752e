"""`python -m server import`: sessions from a file of lines of JSON, to a server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from server.export_command import add_server_arguments, key_of
from server.progress import Progress
from server.rpc.transfer_client import connected, import_sessions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what the command takes."""
    add_server_arguments(parser)
    parser.add_argument("--from", required=True, dest="source", type=Path, metavar="FILE", help="the lines")


def run(chosen: argparse.Namespace, api_key: str | None) -> int:
    """Imports; the exit code, 1 when a line failed. Raises TransferFailed, BadSetting and OSError."""
    key = key_of(chosen, api_key)
    source: Path = chosen.source
    with (
        source.open("rb") as lines,
        connected(chosen.server, chosen.tls_ca) as channel,
        Progress(sys.stderr) as watch,
    ):
        told, failures = import_sessions(channel, key, lines, source.stat().st_size, watch)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(told)
    return 1 if failures else 0
