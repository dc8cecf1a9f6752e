"""The arguments of `python -m gateway call`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

USAGE = "python -m gateway call [RPC] [REQUEST] [options]"

OPTIONS = """\
  REQUEST                a JSON object with all that REST has in the path, the query and the body; where the
                         body is a document, that alone. `-` reads it from stdin, `@FILE` from a file.
                         Default: {}
  --key-file FILE        the API key. Default: EVERRUNS_KEY
  --timeout SECONDS      the longest that the call may take. Default: 30, of a stream no limit
  --idempotency-key KEY  the header `Idempotency-Key` of REST, `request_id` of gRPC
  --content-type TYPE    of a document. Default: what it shows itself to be
  --organization ID      is refused unless it is the key's
  --help                 after an RPC: what it does, how it fails, and its fields

The server is set as for the gateway: EVERRUNS_GRPC_TARGET, and for TLS EVERRUNS_GRPC_CA and its like.

Answers go to stdout, those of a stream a line each until Ctrl-C. Errors go to stderr: a line in words, then
the problem document of REST. Exit codes: 0 answered; 1 refused; 2 called otherwise than this page says; 3 not
answered now, ask again; 4 a defect of the service; 130 Ctrl-C before the answer.
"""


class UsageError(Exception):
    """Arguments that cannot be followed; the message says why."""


class Arguments(argparse.Namespace):
    """What was typed; `rpc` is empty for none, and the texts are None where an option is not there."""

    rpc: str
    request: str | None
    key_file: Path | None
    timeout: float | None
    idempotency_key: str | None
    content_type: str
    organization: str | None
    help: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def parse(arguments: Sequence[str]) -> Arguments:
    """Returns the arguments. Raises UsageError."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("rpc", nargs="?", default="")
    parser.add_argument("request", nargs="?")
    parser.add_argument("--key-file", type=Path)
    parser.add_argument("--timeout", type=_seconds)
    parser.add_argument("--idempotency-key")
    parser.add_argument("--content-type", default="")
    parser.add_argument("--organization")
    parser.add_argument("--help", "-h", action="store_true")
    return parser.parse_intermixed_args(arguments, Arguments())


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return seconds
