"""`python -m server export`: the sessions of an organization as lines of JSON, from a server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from server.progress import Progress
from server.rpc.transfer_client import connected, export_sessions
from server.settings import BadSetting


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what the command takes."""
    add_server_arguments(parser)
    parser.add_argument("--to", type=Path, metavar="FILE", help="a new file; default: standard output")


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds which server is asked, and by whom."""
    parser.add_argument("--server", required=True, metavar="HOST:PORT", help="the gRPC port of the service")
    key = "the file that has the API key; default: the key is in EVERRUNS_API_KEY"
    parser.add_argument("--key-file", type=Path, metavar="FILE", help=key)
    ca = "the certificates to trust; default: the connection is not encrypted"
    parser.add_argument("--tls-ca", type=Path, metavar="FILE", help=ca)


def key_of(chosen: argparse.Namespace, api_key: str | None) -> str:
    """The key to call with. Raises BadSetting where there is none, and OSError."""
    file: Path | None = chosen.key_file
    key = file.read_text().strip() if file is not None else api_key
    if not key:
        raise BadSetting("EVERRUNS_API_KEY: is needed, or --key-file")
    return key


def run(chosen: argparse.Namespace, api_key: str | None) -> int:
    """Exports; the exit code. Raises TransferFailed, BadSetting and OSError."""
    key = key_of(chosen, api_key)
    target = chosen.to.open("xb") if chosen.to is not None else sys.stdout.buffer
    with (
        connected(chosen.server, chosen.tls_ca) as channel,
        Progress(sys.stderr) as watch,
        target,
    ):
        exported = export_sessions(channel, key, target, watch)
    print(f"{exported} sessions exported", file=sys.stderr)
    return 0
