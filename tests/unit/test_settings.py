"""Settings: their defaults, what they read, and that a bad one is named."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from server.core.tls import TlsFiles
from server.settings import (
    BadSetting,
    LogFormat,
    Settings,
    child_environment,
    from_environment,
    read_settings,
    require_encryption,
)

# Variable: attribute, default, a value, and what it comes to.
SETTINGS: dict[str, tuple[str, object, str, object]] = {
    "EVERRUNS_GRPC_HOST": ("grpc_host", "127.0.0.1", "0.0.0.0", "0.0.0.0"),
    "EVERRUNS_GRPC_PORT": ("grpc_port", 50051, "0", 0),
    "EVERRUNS_HTTP_PORT": ("http_port", 8080, "65535", 65535),
    "EVERRUNS_DATA_DIR": ("data_dir", Path("var"), "/srv/data", Path("/srv/data")),
    "EVERRUNS_DATABASE_URL": (
        "database_url",
        f"sqlite:///{Path('var/everruns.db').absolute()}",
        "postgresql://everruns@db/everruns",
        "postgresql://everruns@db/everruns",
    ),
    "EVERRUNS_CATALOG_DIR": ("catalog_dir", None, "/srv/catalog", Path("/srv/catalog")),
    "EVERRUNS_DEFAULT_MODEL": ("default_model", None, "gpt-4o", "gpt-4o"),
    "EVERRUNS_MODELS_FILE": ("models_file", None, "/srv/models.toml", Path("/srv/models.toml")),
    "EVERRUNS_POSTGRES_PREPARE": ("postgres_prepare", True, "off", False),
    "EVERRUNS_WORKERS": ("workers", 1, "3", 3),
    "EVERRUNS_PIN_CORES": ("pin_cores", True, "OFF", False),
    "EVERRUNS_THREADS": ("threads", 64, "10000", 10000),
    "EVERRUNS_QUICK_THREADS": ("quick_threads", 4, "1", 1),
    "EVERRUNS_GROUP_SIZE": ("group_size", 256, "1", 1),
    "EVERRUNS_LOG_LEVEL": ("log_level", "INFO", "debug", "DEBUG"),
    "EVERRUNS_LOG_FORMAT": ("log_format", None, "JSON", LogFormat.JSON),
    "EVERRUNS_LOG_CALLS": ("log_calls", 0, "100", 100),
    "EVERRUNS_METRICS_HOST": ("metrics_host", "127.0.0.1", "0.0.0.0", "0.0.0.0"),
    "EVERRUNS_METRICS_PORT": ("metrics_port", None, "0", 0),
    "EVERRUNS_GRPC_TLS_CERT": ("grpc_tls_cert", None, "/srv/cert.pem", Path("/srv/cert.pem")),
    "EVERRUNS_GRPC_TLS_KEY": ("grpc_tls_key", None, "/srv/key.pem", Path("/srv/key.pem")),
    "EVERRUNS_GRPC_TLS_CLIENT_CA": ("grpc_tls_client_ca", None, "/srv/ca.pem", Path("/srv/ca.pem")),
    "EVERRUNS_ALLOW_PLAINTEXT": ("allow_plaintext", False, "on", True),
    "EVERRUNS_GRPC_REFLECTION": ("reflection", True, "off", False),
    "EVERRUNS_GRPC_MAX_CONNECTION_AGE_SECONDS": ("max_connection_age", 0, "60", 60),
    "EVERRUNS_DELETED_RETENTION_DAYS": ("deleted_retention_days", 30, "7", 7),
    "EVERRUNS_OTLP_ENDPOINT": ("otlp_endpoint", None, "http://c:4318/v1/traces", "http://c:4318/v1/traces"),
    "EVERRUNS_GRPC_CA": ("grpc_ca", None, "/srv/ca.pem", Path("/srv/ca.pem")),
    "EVERRUNS_GRPC_CLIENT_CERT": ("grpc_client_cert", None, "/srv/cert.pem", Path("/srv/cert.pem")),
    "EVERRUNS_GRPC_CLIENT_KEY": ("grpc_client_key", None, "/srv/key.pem", Path("/srv/key.pem")),
    "EVERRUNS_GRPC_SERVER_NAME": ("grpc_server_name", None, "sessions.internal", "sessions.internal"),
    "EVERRUNS_AUDIT_RETENTION_DAYS": ("audit_days", 365, "0", 0),
    "EVERRUNS_WATCHERS": ("watchers", 5_000, "0", 0),
    "EVERRUNS_WATCH_BACKLOG": ("watch_backlog", 1_000, "10", 10),
    "EVERRUNS_WATCH_BOOKMARK_SECONDS": ("watch_bookmark_seconds", 30, "1", 1),
    "EVERRUNS_EVENTS_KEPT_SECONDS": ("events_kept_seconds", 3_600, "86400", 86_400),
    "EVERRUNS_EVENTS_KEPT": ("events_kept", 100_000, "1000000000", 1_000_000_000),
    "EVERRUNS_POSTGRES_NOTIFY": ("postgres_notify", True, "off", False),
    "EVERRUNS_KEY_RATE": ("key_rate", None, "50", 50),
    "EVERRUNS_KEY_BURST": ("key_burst", None, "7", 7),
    "EVERRUNS_MOST_CALLS": ("most_calls", 2048, "9", 9),
    "EVERRUNS_MOST_CALLS_OF_KEY": ("most_calls_of_key", None, "9", 9),
    "EVERRUNS_MOST_CONNECTIONS": ("most_connections", 4000, "9", 9),
    "EVERRUNS_CALL_SECONDS": ("call_seconds", 60, "9", 9),
    "EVERRUNS_MOST_AGENTS": ("most_agents", 10_000, "0", None),
    "EVERRUNS_MOST_KEYS": ("most_keys", 1_000, "9", 9),
    "EVERRUNS_MOST_SESSIONS": ("most_sessions", None, "9", 9),
    "EVERRUNS_API_KEY": ("api_key", None, "evr_k", "evr_k"),
}
# What one process of several is told by another.
OF_NO_VARIABLE: dict[str, object] = {"share_port": False, "metrics_socket": None}


def values(settings: Settings) -> dict[str, object]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def test_nothing_set_is_a_service_on_this_machine() -> None:
    assert values(read_settings({})) == {
        **{attribute: default for attribute, default, _, _ in SETTINGS.values()},
        **OF_NO_VARIABLE,
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_a_variable_sets_one_thing(name: str) -> None:
    attribute, _, text, value = SETTINGS[name]
    found = values(read_settings({name: text}))
    assert found[attribute] == value
    # Where the data is says where the database is, and its kind how many processes and threads there are.
    # Several processes end connections, so that clients spread over them again.
    by_database = {"workers", "threads", "quick_threads", "max_connection_age"}
    by_another = {
        "data_dir": {"database_url"},
        "database_url": by_database,
        "workers": {"max_connection_age"},
        "postgres_prepare": {"postgres_notify"},
    }
    follows = by_another.get(attribute, set())
    others = values(read_settings({}))
    assert {key for key in found if found[key] != others[key]} <= {attribute, *follows}


def test_everything_can_be_set_at_once() -> None:
    found = values(read_settings({name: text for name, (_, _, text, _) in SETTINGS.items()}))
    assert found == {
        **{attribute: value for attribute, _, _, value in SETTINGS.values()},
        **OF_NO_VARIABLE,
    }


def test_every_setting_has_a_variable() -> None:
    attributes = {attribute for attribute, _, _, _ in SETTINGS.values()}
    assert attributes == {field.name for field in fields(Settings)} - OF_NO_VARIABLE.keys()


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_variable_is_one_that_is_not_set(name: str) -> None:
    assert read_settings({name: ""}) == read_settings({})


def test_the_data_directory_holds_the_database_and_the_development_key() -> None:
    settings = read_settings({"EVERRUNS_DATA_DIR": "/a"})
    assert settings.database_url == "sqlite:////a/everruns.db"
    assert settings.dev_key_file == Path("/a/dev-key")


def test_a_kind_of_database_has_its_number_of_threads() -> None:
    settings = read_settings({"EVERRUNS_DATABASE_URL": "postgresql://db/x"})
    assert (settings.threads, settings.quick_threads) == (24, 8)


def test_a_process_that_is_started_inherits_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERRUNS_THREADS", "7")
    monkeypatch.delenv("EVERRUNS_WORKERS", raising=False)
    handed = child_environment({"EVERRUNS_THREADS": "1", "EVERRUNS_WORKERS": "2"})
    assert (handed["EVERRUNS_THREADS"], handed["EVERRUNS_WORKERS"]) == ("7", "2")


def test_there_are_as_many_processes_as_cores_but_one_where_there_is_one_writer() -> None:
    cores = len(os.sched_getaffinity(0))
    assert read_settings({"EVERRUNS_DATABASE_URL": "postgresql://db/x"}).workers == cores
    assert read_settings({"EVERRUNS_DATABASE_URL": "sqlite:////a/b.db"}).workers == 1


@pytest.mark.parametrize(("text", "every"), [("all", 1), ("Errors", 0), ("OFF", None), ("1", 1)])
def test_which_calls_have_a_line(text: str, every: int | None) -> None:
    assert read_settings({"EVERRUNS_LOG_CALLS": text}).log_calls == every


NO_PORTS = ["-1", "65536", "80 ", " 80", "1e3", "0x50", "http", "50051.0", "+1", "9" * 5000, "²"]
NO_COUNTS = ["0", "-1", "10001", "many", "1.5", "9" * 5000, "²"]
NO_AGES = ["-1", "86401", "1.5", "9" * 5000, "²", "never"]
NO_SWITCHES = ["yes", "1", "true", " on"]
BAD = [
    *(("EVERRUNS_GRPC_PORT", value) for value in NO_PORTS),
    *(("EVERRUNS_HTTP_PORT", value) for value in NO_PORTS),
    *(("EVERRUNS_THREADS", value) for value in NO_COUNTS),
    *(("EVERRUNS_QUICK_THREADS", value) for value in NO_COUNTS),
    *(("EVERRUNS_WORKERS", value) for value in NO_COUNTS),
    *(("EVERRUNS_POSTGRES_PREPARE", value) for value in NO_SWITCHES),
    *(("EVERRUNS_PIN_CORES", value) for value in NO_SWITCHES),
    *(("EVERRUNS_METRICS_PORT", value) for value in NO_PORTS),
    *(("EVERRUNS_LOG_FORMAT", value) for value in ("yaml", "json ", "1")),
    *(("EVERRUNS_LOG_CALLS", value) for value in ("0", "-1", "some", "1.5", "on", "9" * 5000, "²")),
    *(("EVERRUNS_ALLOW_PLAINTEXT", value) for value in NO_SWITCHES),
    *(("EVERRUNS_GRPC_REFLECTION", value) for value in NO_SWITCHES),
    *(("EVERRUNS_GRPC_MAX_CONNECTION_AGE_SECONDS", value) for value in NO_AGES),
    *(("EVERRUNS_AUDIT_RETENTION_DAYS", value) for value in ("-1", "36501", "1.5", "9" * 5000, "²")),
    *(("EVERRUNS_LOG_LEVEL", value) for value in ("LOUD", "10", "INFO ", "WARN")),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{name}={value[:10]}" for name, value in BAD])
def test_a_bad_value_is_refused_with_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read_settings({name: value})
    assert str(refusal.value).startswith(f"{name}: ")


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EVERRUNS_THREADS", "7")
    assert from_environment() == read_settings({"EVERRUNS_THREADS": "7"})


CERT, KEY, CA = "EVERRUNS_GRPC_TLS_CERT", "EVERRUNS_GRPC_TLS_KEY", "EVERRUNS_GRPC_TLS_CLIENT_CA"


def test_the_files_of_tls_come_together() -> None:
    assert read_settings({}).tls is None
    assert read_settings({CERT: "c", KEY: "k"}).tls == TlsFiles(Path("c"), Path("k"))
    assert read_settings({CERT: "c", KEY: "k", CA: "a"}).tls == TlsFiles(Path("c"), Path("k"), Path("a"))
    for half, missing in (([CERT], KEY), ([KEY], CERT), ([CA], CERT), ([CERT, CA], KEY), ([KEY, CA], CERT)):
        with pytest.raises(BadSetting, match=f"^{missing}: "):
            require_encryption(read_settings(dict.fromkeys(half, "file")))


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "[::]", "10.0.0.1", "sessions.internal", "127.0.0.1.nip.io"]
)
def test_a_port_that_others_reach_needs_tls_or_a_word(host: str) -> None:
    with pytest.raises(BadSetting, match="EVERRUNS_ALLOW_PLAINTEXT=on"):
        require_encryption(read_settings({"EVERRUNS_GRPC_HOST": host}))
    require_encryption(read_settings({"EVERRUNS_GRPC_HOST": host, "EVERRUNS_ALLOW_PLAINTEXT": "on"}))
    require_encryption(read_settings({"EVERRUNS_GRPC_HOST": host, CERT: "c", KEY: "k"}))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_this_machine_alone_needs_none(host: str) -> None:
    require_encryption(read_settings({"EVERRUNS_GRPC_HOST": host}))


def test_several_processes_end_old_connections() -> None:
    assert read_settings({"EVERRUNS_WORKERS": "2"}).max_connection_age == 300
    never = {"EVERRUNS_WORKERS": "2", "EVERRUNS_GRPC_MAX_CONNECTION_AGE_SECONDS": "0"}
    assert read_settings(never).max_connection_age == 0


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(read_settings({"EVERRUNS_DATABASE_URL": "postgresql://u:hunter2@h/n"}))
