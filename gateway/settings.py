"""The gateway's settings, from the environment."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.tls import ClientFiles, ServerFiles

T = TypeVar("T")
N = TypeVar("N", int, float)

_DAY = 86_400.0


class SettingsError(ValueError):
    """The environment has values that the gateway cannot run with; the message has a line for each."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the gateway runs with.

    `http_host` and `http_port` are where it listens; port 0 is any free one. `grpc_target` is the server,
    as gRPC names it. `max_body_bytes` is the largest body that it reads, and `timeout_seconds` the
    longest that a call may take; a caller can ask for less. `receive_seconds` is the longest that a request
    may take to come in, and `send_seconds` an answer, or a part of a stream, to go out. `http_workers`
    processes serve, each with `grpc_channels` channels to the server, which may be several processes, too: a
    channel reaches one.
    `log_format` is `json` or `text`, `log_calls` one request in how many that succeed has a line, 0 for
    none of them and None for no request at all. Metrics are served where there is a port for them.
    `http_tls` and `grpc_tls` are of what it listens on and of those channels; None for plain text.
    Spans are sent to `otlp_endpoint`, None for none.
    `most_requests` is how many requests a process has under way, and `most_connections` how many connections
    it has, before it refuses more.
    `console` is whether `/console` is there, `docs` whether `/docs` and `/openapi.json` are.
    """

    http_host: str = "127.0.0.1"
    http_port: int = 8080
    grpc_target: str = "127.0.0.1:50051"
    max_body_bytes: int = 4 * 1024 * 1024
    timeout_seconds: float = 30.0
    http_workers: int = 1
    grpc_channels: int = 1
    log_format: str | None = None
    log_calls: int | None = 0
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    http_tls: ServerFiles | None = None
    grpc_tls: ClientFiles | None = None
    console: bool = True
    docs: bool = True
    receive_seconds: float = 20.0
    send_seconds: float = 30.0
    otlp_endpoint: str | None = None
    most_requests: int = 1_000
    most_connections: int = 1_000


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What `python -m gateway call` runs with: the server, as gRPC names it, what the channel to it is
    encrypted with, and the API key, empty for none."""

    grpc_target: str
    grpc_tls: ClientFiles | None
    key: str


def call_settings(environment: Mapping[str, str] = os.environ) -> CallSettings:
    """Returns the settings of the environment for a call. Raises SettingsError naming every bad value of
    these; those of the gateway alone do not matter here."""
    problems: list[str] = []
    read = _Reader(environment, problems)
    settings = CallSettings(
        grpc_target=_grpc_target(read),
        grpc_tls=_grpc_tls(environment, problems),
        key=read("EVERRUNS_KEY", str, "a key", ""),
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Returns the settings of the environment; the README's table of the gateway says what each is for.

    A variable that is empty counts as not set. Raises SettingsError naming every bad value.
    """
    problems: list[str] = []
    read = _Reader(environment, problems)
    defaults = Settings()
    settings = Settings(
        http_host=read("EVERRUNS_HTTP_HOST", str, "a host", defaults.http_host),
        http_port=read("EVERRUNS_HTTP_PORT", _port_or_any, "a port from 0 to 65535", defaults.http_port),
        grpc_target=_grpc_target(read),
        max_body_bytes=read(
            "EVERRUNS_HTTP_MAX_BODY_BYTES", _positive, "a number of bytes above 0", defaults.max_body_bytes
        ),
        timeout_seconds=read(
            "EVERRUNS_HTTP_TIMEOUT_SECONDS",
            _seconds,
            "a number of seconds above 0, at most a day",
            defaults.timeout_seconds,
        ),
        http_workers=read("EVERRUNS_HTTP_WORKERS", _count, "a number from 1 to 1000", defaults.http_workers),
        grpc_channels=read(
            "EVERRUNS_GRPC_CHANNELS", _count, "a number from 1 to 1000", defaults.grpc_channels
        ),
        log_format=read("EVERRUNS_LOG_FORMAT", _log_format, "json or text", defaults.log_format),
        log_calls=read(
            "EVERRUNS_LOG_CALLS", _log_calls, "all, errors, off, or a number above 0", defaults.log_calls
        ),
        metrics_host=read("EVERRUNS_METRICS_HOST", str, "a host", defaults.metrics_host),
        metrics_port=read(
            "EVERRUNS_HTTP_METRICS_PORT", _port_or_any, "a port from 0 to 65535", defaults.metrics_port
        ),
        http_tls=_http_tls(environment, problems),
        grpc_tls=_grpc_tls(environment, problems),
        console=read("EVERRUNS_HTTP_CONSOLE", _on_or_off, "on or off", defaults.console),
        docs=read("EVERRUNS_HTTP_DOCS", _on_or_off, "on or off", defaults.docs),
        receive_seconds=read(
            "EVERRUNS_HTTP_RECEIVE_SECONDS",
            _seconds,
            "a number of seconds above 0, at most a day",
            defaults.receive_seconds,
        ),
        send_seconds=read(
            "EVERRUNS_HTTP_SEND_SECONDS",
            _seconds,
            "a number of seconds above 0, at most a day",
            defaults.send_seconds,
        ),
        otlp_endpoint=read("EVERRUNS_OTLP_ENDPOINT", _url, "an http or https URL", defaults.otlp_endpoint),
        most_requests=read(
            "EVERRUNS_HTTP_MOST_REQUESTS", _positive, "a number above 0", defaults.most_requests
        ),
        most_connections=read(
            "EVERRUNS_HTTP_MOST_CONNECTIONS", _positive, "a number above 0", defaults.most_connections
        ),
    )
    plaintext = read("EVERRUNS_ALLOW_PLAINTEXT", _on_or_off, "on or off", False)
    if not problems and not (settings.http_tls or plaintext or _is_loopback(settings.http_host)):
        problems.append(
            f"EVERRUNS_HTTP_HOST: {settings.http_host} can be reached from elsewhere, and without TLS keys "
            "can be read on the way; set EVERRUNS_HTTP_TLS_CERT and EVERRUNS_HTTP_TLS_KEY, or "
            "EVERRUNS_ALLOW_PLAINTEXT=on"
        )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def share_metrics(directory: str) -> None:
    """Has the processes that this one starts keep their metrics in files of a directory: it is in the
    environment that prometheus-client looks for it."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory


class _Reader:
    """Reads variables, and says in `problems` what is wrong with one; one that is empty is not set."""

    def __init__(self, environment: Mapping[str, str], problems: list[str]) -> None:
        self._environment = environment
        self._problems = problems

    def __call__(self, name: str, parse: Callable[[str], T], expected: str, default: T) -> T:
        text = self._environment.get(name, "")
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self._problems.append(f"{name} must be {expected}, not {text!r}")
            return default


def _grpc_target(read: _Reader) -> str:
    port = read("EVERRUNS_GRPC_PORT", _port, "a port from 1 to 65535", 50051)
    return read("EVERRUNS_GRPC_TARGET", str, "a gRPC target", f"127.0.0.1:{port}")


def _log_format(text: str) -> str:
    if text.lower() not in ("json", "text"):
        raise ValueError
    return text.lower()


def _log_calls(text: str) -> int | None:
    named = {"all": 1, "errors": 0, "off": None}
    return named[text.lower()] if text.lower() in named else _within(int(text), 1, 1_000_000_000)


def _http_tls(environment: Mapping[str, str], problems: list[str]) -> ServerFiles | None:
    certificate = _file(environment, "EVERRUNS_HTTP_TLS_CERT")
    key = _file(environment, "EVERRUNS_HTTP_TLS_KEY")
    client_ca = _file(environment, "EVERRUNS_HTTP_TLS_CLIENT_CA")
    if certificate is not None and key is not None:
        return ServerFiles(certificate, key, client_ca)
    if certificate is not None:
        problems.append("EVERRUNS_HTTP_TLS_KEY is needed with EVERRUNS_HTTP_TLS_CERT")
    elif key is not None or client_ca is not None:
        problems.append("EVERRUNS_HTTP_TLS_CERT is needed with what else is set of TLS")
    return None


def _grpc_tls(environment: Mapping[str, str], problems: list[str]) -> ClientFiles | None:
    ca = _file(environment, "EVERRUNS_GRPC_CA")
    certificate = _file(environment, "EVERRUNS_GRPC_CLIENT_CERT")
    key = _file(environment, "EVERRUNS_GRPC_CLIENT_KEY")
    server_name = environment.get("EVERRUNS_GRPC_SERVER_NAME") or None
    if (certificate is None) != (key is None):
        problems.append("EVERRUNS_GRPC_CLIENT_CERT and EVERRUNS_GRPC_CLIENT_KEY are needed together")
    if ca is not None:
        return ClientFiles(ca, certificate, key, server_name)
    if certificate is not None or server_name is not None:
        problems.append("EVERRUNS_GRPC_CA is needed with what else is set of TLS to the server")
    return None


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "")
    return Path(text) if text else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError
    return text


def _port(text: str) -> int:
    return _within(int(text), 1, 65535)


def _port_or_any(text: str) -> int:
    return _within(int(text), 0, 65535)


def _positive(text: str) -> int:
    return _within(int(text), 1, math.inf)


def _count(text: str) -> int:
    return _within(int(text), 1, 1000)


def _seconds(text: str) -> float:
    # The smallest float above 0 is a number of seconds, too.
    return _within(float(text), math.ulp(0.0), _DAY)


def _on_or_off(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError
    return text.lower() == "on"


def _within(number: N, low: float, high: float) -> N:
    if not low <= number <= high:
        raise ValueError
    return number
