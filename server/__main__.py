"""`python -m server COMMAND`, as `serve`, `migrate`, `backup` or `keys create`: arguments, then one call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from server import export_command, import_command, keys_command
from server.app import open_store
from server.catalog.file import CatalogFileError
from server.core.errors import ServiceError
from server.dev import GatewayFailed, run_dev
from server.dev_postgres import PostgresFailed, run_dev_on_postgres
from server.log import start_logging
from server.metrics_port import MetricsPortTaken
from server.processes import PortTaken, StartFailed
from server.progress import Progress
from server.rpc.certificates import CertificateError
from server.rpc.health_check import is_serving
from server.rpc.transfer_client import TransferFailed
from server.seed import seed
from server.serve import serve
from server.settings import BadSetting, Settings, from_environment
from server.store.backup import BackupFailed, back_up, restore
from server.store.copy import CopyFailed, copy_store
from server.store.migrate import SchemaTooNew
from server.store.table_digest import TableDigest

_EXPECTED = (
    BackupFailed,
    BadSetting,
    CatalogFileError,
    CertificateError,
    CopyFailed,
    FileExistsError,
    FileNotFoundError,
    GatewayFailed,
    MetricsPortTaken,
    PortTaken,
    PostgresFailed,
    SchemaTooNew,
    ServiceError,
    StartFailed,
    TransferFailed,
    ValueError,
)
"""What an operator can do something about, and is told in a line."""


def main(arguments: Sequence[str]) -> int:
    """Runs a command; its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        settings = from_environment()
        start_logging(settings)
        return _run(chosen, settings)
    except _EXPECTED as error:
        print(f"everruns: {error}", file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    match chosen.command:
        case "serve":
            serve(settings)
        case "dev":
            (run_dev_on_postgres if chosen.postgres else run_dev)(settings)
        case "export":
            return export_command.run(chosen, settings.api_key)
        case "import":
            return import_command.run(chosen, settings.api_key)
        case "health":
            return 0 if is_serving(settings.local_target, settings.client_tls) else 1
        case "migrate":
            open_store(settings).close()
        case "seed":
            store = open_store(settings)
            seed(store, settings.dev_key_file)
            store.close()
        case "copy":
            _copy(chosen, settings)
        case "backup":
            with Progress(sys.stderr) as progress:
                _print(back_up(settings.database_url, chosen.target, progress))
        case "restore":
            with Progress(sys.stderr) as progress:
                _print(restore(settings.database_url, chosen.source, chosen.replace, progress))
        case "keys":
            with closing(open_store(settings)) as store:
                for line in keys_command.run(chosen, store):
                    print(line)
    return 0


def _copy(chosen: argparse.Namespace, settings: Settings) -> None:
    for option, url in (("--from", chosen.source), ("--to", chosen.target)):
        if "password=" in url or urlsplit(url).password:
            # Everyone on the machine can read the arguments of a process.
            raise ValueError(f"{option} must not hold a password; put it in PGPASSWORD or ~/.pgpass")
    with Progress(sys.stderr) as progress:
        digests = copy_store(chosen.source, chosen.target, settings.postgres_prepare, progress)
    _print(digests)


def _print(digests: Iterable[TableDigest]) -> None:
    for table in digests:
        print(f"{table.table}: {table.rows} rows, digest {table.digest}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description="The session service.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve gRPC until SIGTERM")
    dev = commands.add_parser("dev", help="seed an empty store, then serve gRPC and REST until Ctrl-C")
    on_postgres = "keep everything in a PostgreSQL that is started for it, and serve with 2 processes"
    dev.add_argument("--postgres", action="store_true", help=on_postgres)
    commands.add_parser("health", help="ask the server on this machine; exit 0 when it serves, else 1")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    commands.add_parser("seed", help="make a development organization, key and agent")
    copy = commands.add_parser(
        "copy",
        help="copy a whole store into another database",
        description="Copy a whole store into another database, of either kind, and compare the two. The "
        "service must be stopped on the source, and not yet be started on the target. A copy that was "
        "interrupted goes on when it is run again.",
    )
    kinds = "sqlite:///PATH or postgresql://USER@HOST/NAME"
    copy.add_argument("--from", required=True, dest="source", metavar="URL", help=f"the source, {kinds}")
    copy.add_argument("--to", required=True, dest="target", metavar="URL", help="the target, empty at first")
    backup = commands.add_parser(
        "backup",
        help="back the SQLite database up, also while it is served",
        description="Write the SQLite database as it is at one moment to a new file, look it through, and "
        "compare the two. The service may run.",
    )
    backup.add_argument("--to", required=True, dest="target", type=Path, metavar="FILE", help="a new file")
    restored = commands.add_parser(
        "restore",
        help="put a backup in the place of the SQLite database",
        description="Look a backup through, put it in the place of the SQLite database, and compare the two. "
        "The service must be stopped.",
    )
    restored.add_argument(
        "--from", required=True, dest="source", type=Path, metavar="FILE", help="the backup"
    )
    restored.add_argument("--replace", action="store_true", help="also where there is a database already")
    export_command.add_arguments(
        commands.add_parser("export", help="write an organization's sessions as lines of JSON")
    )
    import_command.add_arguments(commands.add_parser("import", help="make sessions of lines of JSON"))
    keys_command.add_arguments(commands.add_parser("keys", help="API keys: make, list, rotate, revoke"))
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
