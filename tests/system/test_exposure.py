"""Nothing secret is in a log, an error, a repr or the list of processes."""

from __future__ import annotations

import base64
import ssl
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gateway.settings import from_environment
from server.core.api_key import digest, new_key
from server.core.caller import ApiKey, IssuedKey, Organization, Scope
from server.rpc.page_token import PageTokens
from server.settings import read_settings
from server.store.peewee_store import PeeweeStore, open_dialect
from server.usecases.create_key import NewKey
from tests.system.postgres import running_postgres
from tests.system.processes import PATIENCE, free_port, run, running, wait_until
from tests.system.tls import HOST, new_trust

PASSWORD = "hunter2-hunter2"
SECRET = b"a secret of thirty-two bytes, ok"


def command_lines() -> str:
    """The arguments of every process there is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


def test_processes_show_no_secret(tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    grpc_port, http_port = str(free_port()), str(free_port())
    metrics_ports = [str(free_port()) for _ in range(2)]
    with running_postgres() as postgres:
        settings = {
            "EVERRUNS_DATABASE_URL": postgres.url.replace("postgres@", f"postgres:{PASSWORD}@", 1),
            "EVERRUNS_WORKERS": "2",
            "EVERRUNS_LOG_LEVEL": "DEBUG",
            "EVERRUNS_GRPC_PORT": grpc_port,
            "EVERRUNS_GRPC_TLS_CERT": str(trust.server.certificate),
            "EVERRUNS_GRPC_TLS_KEY": str(trust.server.key),
            "EVERRUNS_HTTP_PORT": http_port,
            "EVERRUNS_HTTP_TLS_CERT": str(trust.server.certificate),
            "EVERRUNS_HTTP_TLS_KEY": str(trust.server.key),
            "EVERRUNS_GRPC_CA": str(trust.ca),
            "EVERRUNS_METRICS_PORT": metrics_ports[0],
            "EVERRUNS_HTTP_METRICS_PORT": metrics_ports[1],
        }
        made = run(["server", "keys", "create", "--org", "acme", "--scopes", "admin"], tmp_path, **settings)
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        with (
            running(["server", "serve"], tmp_path / "server", **settings) as server,
            running(["gateway"], tmp_path / "gateway", **settings) as gateway,
            httpx.Client(
                base_url=f"https://{HOST}:{http_port}/v1",
                verify=ssl.create_default_context(cafile=trust.ca),
                trust_env=False,
                timeout=PATIENCE,
            ) as client,
        ):
            wait_until(server, lambda: "processes serve gRPC" in server.errors)
            assert metrics_ports[1] in gateway.read_line()
            assert http_port in gateway.read_line()
            authorization = {"authorization": f"Bearer {key}"}
            unknown = new_key()
            issued = client.post("/keys", json={"name": "k", "scopes": ["read"]}, headers=authorization)
            assert issued.status_code == 201, issued.text
            refused = [
                client.get("/sessions", headers={"authorization": unknown}),
                client.post("/keys", json={"name": key}, headers=authorization),
                client.post("/keys", json={}, headers={"authorization": issued.json()["secret"]}),
                client.get("/sessions", params={"page_token": "forged"}, headers=authorization),
            ]
            assert [answer.status_code for answer in refused] == [401, 400, 403, 400]
            lines = command_lines()
            audited = client.get("/audit-events", headers=authorization)
            assert audited.json()["total"] == 2
            metrics = "".join(
                httpx.get(f"http://{HOST}:{port}/metrics", trust_env=False).text for port in metrics_ports
            )
            assert "CreateKey" in metrics
            with closing(PeeweeStore(open_dialect(settings["EVERRUNS_DATABASE_URL"]))) as store:
                signing = store.shared_secret("page tokens")
            assert "gateway" in lines
            postgres.kill()
            failed = client.post("/keys", json={"name": "k", "scopes": ["read"]}, headers=authorization)
            assert failed.status_code == 503
        said = server.errors + gateway.errors
    assert "STORE_UNAVAILABLE" in failed.text
    answers = "".join(answer.text for answer in (*refused, audited, failed))
    private = trust.server.key.read_text().splitlines()[1]
    for secret in (
        PASSWORD,
        private,
        key,
        issued.json()["secret"],
        unknown,
        digest(key).hex(),
        signing.hex(),
    ):
        for text in (said, lines, answers, made.stderr, metrics):
            assert secret not in text


@pytest.mark.parametrize(
    "rest", ["@127.0.0.1:1/x", "%zz@127.0.0.1:1/x", "@127.0.0.1:port/x", "@/x?nothing=1"]
)
def test_a_start_that_fails_shows_no_password(rest: str, tmp_path: Path) -> None:
    ended = run(
        ["server", "migrate"],
        tmp_path,
        EVERRUNS_DATABASE_URL=f"postgresql://user:{PASSWORD}{rest}",
        EVERRUNS_LOG_LEVEL="DEBUG",
    )
    assert ended.returncode == 1
    assert PASSWORD not in ended.stderr
    assert ended.stderr


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("url", [f"postgresql://u:{PASSWORD}@h/n", f"postgresql://u@h/n?password={PASSWORD}"])
def test_a_password_is_not_taken_from_the_command_line(option: str, url: str, tmp_path: Path) -> None:
    other = {"--from": "--to", "--to": "--from"}[option]
    ended = run(["server", "copy", option, url, other, f"sqlite:///{tmp_path}/other.db"], tmp_path)
    assert ended.returncode == 1
    assert f"{option} must not hold a password" in ended.stderr
    assert PASSWORD not in ended.stderr


def test_no_repr_shows_a_secret() -> None:
    key = new_key()
    kept = ApiKey(b"o" * 16, b"k" * 16, "n", digest(key), frozenset(Scope), 0)
    environment = {"EVERRUNS_DATABASE_URL": f"postgresql://u:{PASSWORD}@h/n"}
    shown = repr(
        [
            read_settings(environment),
            from_environment(environment),
            kept,
            replace(kept, previous_sha256=digest(key)),
            IssuedKey(kept, key),
            NewKey(key, Organization(b"o" * 16, "acme", 0)),
            PageTokens(SECRET),
        ]
    )
    for secret in (PASSWORD, key, repr(digest(key)), digest(key).hex(), repr(SECRET), SECRET.hex()):
        assert secret not in shown
    assert base64.b64encode(SECRET).decode() not in shown
