from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import Settings, SettingsError, from_environment
from gateway.tls import ClientFiles, ServerFiles


def test_without_an_environment_the_defaults_hold() -> None:
    assert from_environment({}) == Settings(
        http_host="127.0.0.1",
        http_port=8080,
        grpc_target="127.0.0.1:50051",
        max_body_bytes=4194304,
        timeout_seconds=30.0,
        http_workers=1,
        grpc_channels=1,
        log_format=None,
        log_calls=0,
        metrics_host="127.0.0.1",
        metrics_port=None,
        console=True,
        docs=True,
        receive_seconds=20.0,
        send_seconds=30.0,
        most_requests=1000,
        most_connections=1000,
    )


def test_every_setting_is_read() -> None:
    assert from_environment(
        {
            "EVERRUNS_HTTP_HOST": "::1",
            "EVERRUNS_HTTP_PORT": "0",
            "EVERRUNS_GRPC_TARGET": "dns:///server:1",
            "EVERRUNS_HTTP_MAX_BODY_BYTES": "10",
            "EVERRUNS_HTTP_TIMEOUT_SECONDS": "0.5",
            "EVERRUNS_HTTP_WORKERS": "3",
            "EVERRUNS_GRPC_CHANNELS": "8",
            "EVERRUNS_LOG_FORMAT": "JSON",
            "EVERRUNS_LOG_CALLS": "100",
            "EVERRUNS_METRICS_HOST": "0.0.0.0",
            "EVERRUNS_HTTP_METRICS_PORT": "9465",
            "EVERRUNS_HTTP_CONSOLE": "off",
            "EVERRUNS_HTTP_DOCS": "off",
            "EVERRUNS_HTTP_RECEIVE_SECONDS": "1.5",
            "EVERRUNS_HTTP_SEND_SECONDS": "2.5",
            "EVERRUNS_HTTP_MOST_REQUESTS": "7",
            "EVERRUNS_HTTP_MOST_CONNECTIONS": "8",
        }
    ) == Settings(
        *("::1", 0, "dns:///server:1", 10, 0.5, 3, 8, "json", 100, "0.0.0.0", 9465),
        console=False,
        docs=False,
        receive_seconds=1.5,
        send_seconds=2.5,
        most_requests=7,
        most_connections=8,
    )


@pytest.mark.parametrize(("text", "every"), [("all", 1), ("Errors", 0), ("OFF", None), ("7", 7)])
def test_which_requests_have_a_line(text: str, every: int | None) -> None:
    assert from_environment({"EVERRUNS_LOG_CALLS": text}).log_calls == every


def test_the_target_follows_the_servers_port_unless_it_is_given() -> None:
    assert from_environment({"EVERRUNS_GRPC_PORT": "7"}).grpc_target == "127.0.0.1:7"
    given = from_environment({"EVERRUNS_GRPC_PORT": "7", "EVERRUNS_GRPC_TARGET": "host:8"})
    assert given.grpc_target == "host:8"


def test_an_empty_value_counts_as_none() -> None:
    assert from_environment({"EVERRUNS_HTTP_PORT": "", "EVERRUNS_GRPC_TARGET": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVERRUNS_HTTP_PORT", "http"),
        ("EVERRUNS_HTTP_PORT", "65536"),
        ("EVERRUNS_HTTP_PORT", "-1"),
        ("EVERRUNS_HTTP_PORT", "80.5"),
        ("EVERRUNS_GRPC_PORT", "0"),
        ("EVERRUNS_HTTP_MAX_BODY_BYTES", "0"),
        ("EVERRUNS_HTTP_MAX_BODY_BYTES", "4MiB"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "0"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "-3"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "nan"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "inf"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "soon"),
        ("EVERRUNS_HTTP_TIMEOUT_SECONDS", "86401"),
        ("EVERRUNS_HTTP_WORKERS", "0"),
        ("EVERRUNS_HTTP_WORKERS", "1001"),
        ("EVERRUNS_HTTP_WORKERS", "two"),
        ("EVERRUNS_GRPC_CHANNELS", "0"),
        ("EVERRUNS_GRPC_CHANNELS", "1.5"),
        ("EVERRUNS_LOG_FORMAT", "yaml"),
        ("EVERRUNS_LOG_CALLS", "0"),
        ("EVERRUNS_LOG_CALLS", "some"),
        ("EVERRUNS_HTTP_METRICS_PORT", "65536"),
        ("EVERRUNS_HTTP_CONSOLE", "yes"),
        ("EVERRUNS_HTTP_DOCS", "no"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be .*, not '{value}'$"):
        from_environment({name: value})


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment({"EVERRUNS_HTTP_PORT": "x", "EVERRUNS_HTTP_TIMEOUT_SECONDS": "y"})
    assert len(str(caught.value).splitlines()) == 2


def test_the_files_of_tls() -> None:
    server = {"EVERRUNS_HTTP_TLS_CERT": "c", "EVERRUNS_HTTP_TLS_KEY": "k"}
    assert from_environment(server).http_tls == ServerFiles(Path("c"), Path("k"))
    mutual = {**server, "EVERRUNS_HTTP_TLS_CLIENT_CA": "a"}
    assert from_environment(mutual).http_tls == ServerFiles(Path("c"), Path("k"), Path("a"))
    client = {"EVERRUNS_GRPC_CA": "a"}
    assert from_environment(client).grpc_tls == ClientFiles(Path("a"))
    mutual = {
        **client,
        "EVERRUNS_GRPC_CLIENT_CERT": "c",
        "EVERRUNS_GRPC_CLIENT_KEY": "k",
        "EVERRUNS_GRPC_SERVER_NAME": "n",
    }
    assert from_environment(mutual).grpc_tls == ClientFiles(Path("a"), Path("c"), Path("k"), "n")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["EVERRUNS_HTTP_TLS_CERT"], "EVERRUNS_HTTP_TLS_KEY"),
        (["EVERRUNS_HTTP_TLS_KEY"], "EVERRUNS_HTTP_TLS_CERT"),
        (["EVERRUNS_HTTP_TLS_CLIENT_CA"], "EVERRUNS_HTTP_TLS_CERT"),
        (["EVERRUNS_GRPC_CA", "EVERRUNS_GRPC_CLIENT_CERT"], "EVERRUNS_GRPC_CLIENT_KEY"),
        (["EVERRUNS_GRPC_CA", "EVERRUNS_GRPC_CLIENT_KEY"], "EVERRUNS_GRPC_CLIENT_CERT"),
        (["EVERRUNS_GRPC_CLIENT_CERT", "EVERRUNS_GRPC_CLIENT_KEY"], "EVERRUNS_GRPC_CA"),
        (["EVERRUNS_GRPC_SERVER_NAME"], "EVERRUNS_GRPC_CA"),
    ],
)
def test_half_of_what_tls_needs_is_refused(given: list[str], missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        from_environment(dict.fromkeys(given, "file"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "api.example"])
def test_a_port_that_others_reach_needs_tls_or_a_word(host: str) -> None:
    with pytest.raises(SettingsError, match="EVERRUNS_ALLOW_PLAINTEXT=on"):
        from_environment({"EVERRUNS_HTTP_HOST": host})
    assert from_environment({"EVERRUNS_HTTP_HOST": host, "EVERRUNS_ALLOW_PLAINTEXT": "on"}).http_host == host
    encrypted = {"EVERRUNS_HTTP_HOST": host, "EVERRUNS_HTTP_TLS_CERT": "c", "EVERRUNS_HTTP_TLS_KEY": "k"}
    assert from_environment(encrypted).http_host == host
    with pytest.raises(SettingsError, match="EVERRUNS_ALLOW_PLAINTEXT must be"):
        from_environment({"EVERRUNS_HTTP_HOST": host, "EVERRUNS_ALLOW_PLAINTEXT": "yes"})
