"""The settings: the one place that reads the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from server.core.quota import Quotas
from server.core.tls import ClientTlsFiles, TlsFiles

T = TypeVar("T")

DEFAULT_QUOTAS = Quotas(agents=10_000, keys=1_000)


class BadSetting(Exception):
    """A setting that cannot be used. The message names it."""


class LogFormat(StrEnum):
    """How a line of the log looks."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator chooses; the README's table says what each is for."""

    grpc_host: str
    grpc_port: int
    http_port: int
    data_dir: Path
    database_url: str = field(repr=False)
    catalog_dir: Path | None
    default_model: str | None
    models_file: Path | None
    postgres_prepare: bool
    workers: int
    pin_cores: bool
    threads: int
    quick_threads: int
    group_size: int
    log_level: str
    log_format: LogFormat | None
    log_calls: int | None
    metrics_host: str
    metrics_port: int | None
    grpc_tls_cert: Path | None
    grpc_tls_key: Path | None
    grpc_tls_client_ca: Path | None
    allow_plaintext: bool
    reflection: bool
    max_connection_age: int
    deleted_retention_days: int
    audit_days: int
    otlp_endpoint: str | None
    grpc_ca: Path | None
    grpc_client_cert: Path | None
    grpc_client_key: Path | None
    grpc_server_name: str | None
    watchers: int
    watch_backlog: int
    watch_bookmark_seconds: int
    events_kept_seconds: int
    events_kept: int
    postgres_notify: bool
    key_rate: int | None
    key_burst: int | None
    most_calls: int
    most_connections: int
    call_seconds: int
    most_calls_of_key: int | None
    most_agents: int | None
    most_keys: int | None
    most_sessions: int | None
    api_key: str | None = field(repr=False)
    share_port: bool = False
    """Whether other processes of this service listen on the port too; nothing of the environment."""
    metrics_socket: Path | None = None
    """Where the process that serves the metrics of all asks for this one's; nothing of the environment."""

    @property
    def tls(self) -> TlsFiles | None:
        """The files of TLS on the gRPC port, None for a port without. Raises BadSetting."""
        certificate, key = self.grpc_tls_cert, self.grpc_tls_key
        if certificate is not None and key is not None:
            return TlsFiles(certificate, key, self.grpc_tls_client_ca)
        if certificate is not None:
            raise BadSetting("EVERRUNS_GRPC_TLS_KEY: is needed with EVERRUNS_GRPC_TLS_CERT")
        if key is not None or self.grpc_tls_client_ca is not None:
            raise BadSetting("EVERRUNS_GRPC_TLS_CERT: is needed with what else is set of TLS")
        return None

    @property
    def client_tls(self) -> ClientTlsFiles | None:
        """With what a client on this machine asks the gRPC port, None for plain text. Raises BadSetting."""
        certificate, key = self.grpc_client_cert, self.grpc_client_key
        if (certificate is None) != (key is None):
            raise BadSetting(
                "EVERRUNS_GRPC_CLIENT_CERT: is needed with EVERRUNS_GRPC_CLIENT_KEY, and that with it"
            )
        if self.grpc_ca is not None:
            return ClientTlsFiles(self.grpc_ca, certificate, key, self.grpc_server_name)
        if self.tls is not None or certificate is not None or self.grpc_server_name is not None:
            raise BadSetting("EVERRUNS_GRPC_CA: is needed to ask a server that has TLS")
        return None

    @property
    def local_target(self) -> str:
        """Where a client on this machine reaches the gRPC port."""
        host = self.grpc_host
        if _is_every_address(host):
            host = "[::1]" if ":" in host else "127.0.0.1"
        return f"{host}:{self.grpc_port}"

    @property
    def quotas(self) -> Quotas:
        """What an organization may have."""
        return Quotas(self.most_agents, self.most_keys, self.most_sessions)

    @property
    def dev_key_file(self) -> Path:
        """Where the key of the development organization is."""
        return self.data_dir / "dev-key"


def from_environment() -> Settings:
    """The settings of this process. Raises BadSetting."""
    return read_settings(os.environ)


def require_encryption(settings: Settings) -> None:
    """Raises BadSetting where keys and conversations would cross a network in plain text unasked."""
    if settings.tls is None and not settings.allow_plaintext and not _is_loopback(settings.grpc_host):
        raise BadSetting(
            f"EVERRUNS_GRPC_HOST: {settings.grpc_host} can be reached from elsewhere, and without TLS keys "
            "can be read on the way; set EVERRUNS_GRPC_TLS_CERT and EVERRUNS_GRPC_TLS_KEY, or "
            "EVERRUNS_ALLOW_PLAINTEXT=on"
        )


def child_environment(defaults: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process for one that it starts, with values for what is not in it."""
    return {**defaults, **os.environ}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises BadSetting."""

    def read(name: str, default: T, convert: Callable[[str], T]) -> T:
        text = environment.get(name, "")
        if not text:
            return default
        try:
            return convert(text)
        except ValueError as error:
            raise BadSetting(f"{name}: {error}") from None

    data_dir = read("EVERRUNS_DATA_DIR", Path("var"), Path)
    file = f"sqlite:///{(data_dir / 'everruns.db').absolute()}"
    database_url = read("EVERRUNS_DATABASE_URL", file, _database_url)
    on_sqlite = database_url.startswith("sqlite:")
    errors_only: int | None = 0
    cores = 1 if on_sqlite else len(os.sched_getaffinity(0))
    workers = read("EVERRUNS_WORKERS", cores, _count)
    postgres_prepare = read("EVERRUNS_POSTGRES_PREPARE", True, _switch)
    return Settings(
        grpc_host=read("EVERRUNS_GRPC_HOST", "127.0.0.1", str),
        grpc_port=read("EVERRUNS_GRPC_PORT", 50051, _port),
        http_port=read("EVERRUNS_HTTP_PORT", 8080, _port),
        data_dir=data_dir,
        database_url=database_url,
        catalog_dir=read("EVERRUNS_CATALOG_DIR", None, Path),
        default_model=read("EVERRUNS_DEFAULT_MODEL", None, str),
        models_file=read("EVERRUNS_MODELS_FILE", None, Path),
        postgres_prepare=postgres_prepare,
        workers=workers,
        pin_cores=read("EVERRUNS_PIN_CORES", True, _switch),
        threads=read("EVERRUNS_THREADS", 64 if on_sqlite else 24, _count),
        quick_threads=read("EVERRUNS_QUICK_THREADS", 4 if on_sqlite else 8, _count),
        group_size=read("EVERRUNS_GROUP_SIZE", 256, _count),
        log_level=read("EVERRUNS_LOG_LEVEL", "INFO", _log_level),
        log_format=read("EVERRUNS_LOG_FORMAT", None, _log_format),
        log_calls=read("EVERRUNS_LOG_CALLS", errors_only, _log_calls),
        metrics_host=read("EVERRUNS_METRICS_HOST", "127.0.0.1", str),
        metrics_port=read("EVERRUNS_METRICS_PORT", None, _port),
        grpc_tls_cert=read("EVERRUNS_GRPC_TLS_CERT", None, Path),
        grpc_tls_key=read("EVERRUNS_GRPC_TLS_KEY", None, Path),
        grpc_tls_client_ca=read("EVERRUNS_GRPC_TLS_CLIENT_CA", None, Path),
        allow_plaintext=read("EVERRUNS_ALLOW_PLAINTEXT", False, _switch),
        reflection=read("EVERRUNS_GRPC_REFLECTION", True, _switch),
        max_connection_age=read("EVERRUNS_GRPC_MAX_CONNECTION_AGE_SECONDS", 0 if workers == 1 else 300, _age),
        deleted_retention_days=read("EVERRUNS_DELETED_RETENTION_DAYS", 30, _days),
        audit_days=read("EVERRUNS_AUDIT_RETENTION_DAYS", 365, _days_or_for_ever),
        otlp_endpoint=read("EVERRUNS_OTLP_ENDPOINT", None, _url),
        grpc_ca=read("EVERRUNS_GRPC_CA", None, Path),
        grpc_client_cert=read("EVERRUNS_GRPC_CLIENT_CERT", None, Path),
        grpc_client_key=read("EVERRUNS_GRPC_CLIENT_KEY", None, Path),
        grpc_server_name=read("EVERRUNS_GRPC_SERVER_NAME", None, str),
        watchers=read("EVERRUNS_WATCHERS", 5_000, _watchers),
        watch_backlog=read("EVERRUNS_WATCH_BACKLOG", 1_000, _count),
        watch_bookmark_seconds=read("EVERRUNS_WATCH_BOOKMARK_SECONDS", 30, _count),
        events_kept_seconds=read("EVERRUNS_EVENTS_KEPT_SECONDS", 3_600, _events),
        events_kept=read("EVERRUNS_EVENTS_KEPT", 100_000, _events),
        # A pooler in transaction mode passes on nothing that a connection listens for.
        postgres_notify=read("EVERRUNS_POSTGRES_NOTIFY", postgres_prepare, _switch),
        key_rate=read("EVERRUNS_KEY_RATE", None, _most),
        key_burst=read("EVERRUNS_KEY_BURST", None, _most),
        most_calls=read("EVERRUNS_MOST_CALLS", 2_048, _calls),
        most_connections=read("EVERRUNS_MOST_CONNECTIONS", 4_000, _calls),
        call_seconds=read("EVERRUNS_CALL_SECONDS", 60, _calls),
        most_calls_of_key=read("EVERRUNS_MOST_CALLS_OF_KEY", None, _calls),
        most_agents=read("EVERRUNS_MOST_AGENTS", DEFAULT_QUOTAS.agents, _most),
        most_keys=read("EVERRUNS_MOST_KEYS", DEFAULT_QUOTAS.keys, _most),
        most_sessions=read("EVERRUNS_MOST_SESSIONS", DEFAULT_QUOTAS.sessions, _most),
        api_key=read("EVERRUNS_API_KEY", None, str),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise ValueError(f'must be a port from 0 to 65535, not "{text}"')
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ValueError(f'must be a number from 1 to 10000, not "{text}"')
    return int(text)


def _watchers(text: str) -> int:
    if not text.isdecimal() or len(text) > 6 or int(text) > 100_000:
        raise ValueError(f'must be a number from 0 to 100000, not "{text}"')
    return int(text)


def _events(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000_000:
        raise ValueError(f'must be a number from 1 to 1000000000, not "{text}"')
    return int(text)


def _most(text: str) -> int | None:
    """A limit; None for none."""
    if not text.isdecimal() or len(text) > 10 or int(text) > 1_000_000_000:
        raise ValueError(f'must be a number from 0, for no limit, to 1000000000, not "{text}"')
    return int(text) or None


def _calls(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ValueError(f'must be a number from 1 to 1000000, not "{text}"')
    return int(text)


def _age(text: str) -> int:
    if not text.isdecimal() or len(text) > 6 or int(text) > 86_400:
        raise ValueError(f'must be a number of seconds from 0, for no limit, to 86400, not "{text}"')
    return int(text)


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 4 or int(text) > 3650:
        raise ValueError(f'must be a number of days from 0, for none, to 3650, not "{text}"')
    return int(text)


def _days_or_for_ever(text: str) -> int:
    if not text.isdecimal() or len(text) > 5 or int(text) > 36_500:
        raise ValueError(f'must be a number of days from 0, for ever, to 36500, not "{text}"')
    return int(text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_every_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def _database_url(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("must be sqlite:///PATH or postgresql://USER@HOST/NAME")
    return text


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError(f'must be an http or https URL, not "{text}"')
    return text


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError(f'must be "on" or "off", not "{text}"')
    return text.lower() == "on"


def _log_level(text: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    if text.upper() not in levels:
        raise ValueError(f'must be one of {", ".join(levels)}, not "{text}"')
    return text.upper()


def _log_format(text: str) -> LogFormat:
    try:
        return LogFormat(text.lower())
    except ValueError:
        raise ValueError(f'must be "json" or "text", not "{text}"') from None


def _log_calls(text: str) -> int | None:
    """One answered call in how many has a line; 0 for none, None for no call at all."""
    match text.lower():
        case "all":
            return 1
        case "errors":
            return 0
        case "off":
            return None
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000_000:
        raise ValueError(f'must be "all", "errors", "off", or a number above 0, not "{text}"')
    return int(text)
