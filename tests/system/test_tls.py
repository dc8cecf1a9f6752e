"""TLS on both ports, with certificates that are renewed under a running process, and what needs it."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import grpc
import httpx
import pytest
import trustme

from tests.system.health import SERVING, check
from tests.system.processes import PATIENCE, Process, free_port, run, running, wait_until
from tests.system.tls import (
    HOST,
    Files,
    Trust,
    channel,
    der,
    new_trust,
    shown_certificate,
    spoil,
    write,
    write_authority,
)

GRPC = ("EVERRUNS_GRPC_TLS_CERT", "EVERRUNS_GRPC_TLS_KEY", "EVERRUNS_GRPC_TLS_CLIENT_CA")
HTTP = ("EVERRUNS_HTTP_TLS_CERT", "EVERRUNS_HTTP_TLS_KEY", "EVERRUNS_HTTP_TLS_CLIENT_CA")


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return new_trust(tmp_path)


def files(names: tuple[str, ...], of: Files, client_ca: Path | None = None) -> dict[str, str]:
    """The settings of TLS on a port."""
    values = [of.certificate, of.key, *([client_ca] if client_ca else [])]
    return {name: str(value) for name, value in zip(names, values, strict=False)}


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[tuple[Process, int]]:
    """A server and its port, which is not connected to."""
    port = free_port()
    more = {"EVERRUNS_GRPC_PORT": str(port), **settings}
    with running(["server", "serve"], directory / "data", **more) as process:
        several = settings.get("EVERRUNS_WORKERS", "1") != "1"
        said = "processes serve gRPC on" if several else "serving gRPC on"
        wait_until(process, lambda: said in process.errors)
        yield process, port


@contextmanager
def gateway(directory: Path, **settings: str) -> Iterator[tuple[Process, int]]:
    """A gateway that listens, and its port."""
    port = free_port()
    with running(["gateway"], directory / "gateway", EVERRUNS_HTTP_PORT=str(port), **settings) as process:
        assert f":{port}" in process.read_line(), process.errors
        yield process, port


def is_served(port: int, ca: Path, own: Files | None = None) -> bool:
    """Whether a call over a connection of its own is answered."""
    with channel(port, ca, own) as to:
        try:
            return check(to) == SERVING
        except grpc.RpcError as error:
            if cast(grpc.Call, error).code() is grpc.StatusCode.UNAVAILABLE:
                return False
            raise


def rest(port: int, ca: Path, own: Files | None = None) -> httpx.Response:
    """The health that a gateway answers over a connection of its own. Raises httpx.TransportError."""
    context = ssl.create_default_context(cafile=ca)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return httpx.get(f"https://{HOST}:{port}/health", verify=context, trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_shows_a_renewed_certificate_to_new_connections(
    workers: str, trust: Trust, tmp_path: Path
) -> None:
    with (
        serving(tmp_path, EVERRUNS_WORKERS=workers, **files(GRPC, trust.server)) as (process, port),
        channel(port, trust.ca) as old,
    ):
        assert check(old) == SERVING
        before = der(trust.server)
        assert shown_certificate(port) == before
        # What is wrong is told, and changes nothing.
        trust.server.key.write_text("no key")
        assert shown_certificate(port) == before
        wait_until(process, lambda: "holds no private key" in process.errors)
        write(trust.authority.issue_cert(HOST), tmp_path, "server")
        assert der(trust.server) != before
        for _ in range(4):
            assert shown_certificate(port) == der(trust.server)
        assert is_served(port, trust.ca)
        # Who is connected stays so.
        assert check(old) == SERVING
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors


def test_a_server_takes_clients_of_its_authority_only(trust: Trust, tmp_path: Path) -> None:
    with serving(tmp_path, **files(GRPC, trust.server, trust.client_ca)) as (_, port):
        assert is_served(port, trust.ca, trust.client)
        assert not is_served(port, trust.ca, trust.stranger)
        assert not is_served(port, trust.ca)
        # Another authority, from the next connection on.
        others = trustme.CA()
        write_authority(others, tmp_path, "client-ca")
        assert not is_served(port, trust.ca, trust.client)
        assert is_served(port, trust.ca, write(others.issue_cert("client"), tmp_path, "other"))


def test_plain_text_is_not_served_on_a_port_with_tls(trust: Trust, tmp_path: Path) -> None:
    with serving(tmp_path, **files(GRPC, trust.server)) as (_, port):
        with (
            grpc.insecure_channel(f"{HOST}:{port}") as plain,
            pytest.raises(grpc.RpcError, match="UNAVAILABLE"),
        ):
            check(plain)
        assert not is_served(port, trust.client_ca)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_from_rest_to_the_server_all_is_encrypted_and_renewed(
    workers: str, trust: Trust, tmp_path: Path
) -> None:
    client = {
        "EVERRUNS_GRPC_CA": str(trust.ca),
        "EVERRUNS_GRPC_CLIENT_CERT": str(trust.client.certificate),
        "EVERRUNS_GRPC_CLIENT_KEY": str(trust.client.key),
        "EVERRUNS_GRPC_SERVER_NAME": "sessions.internal",
    }
    public = write(trust.authority.issue_cert(HOST), tmp_path, "public")
    with (
        serving(tmp_path, **files(GRPC, trust.server, trust.client_ca)) as (_, grpc_port),
        gateway(
            tmp_path,
            EVERRUNS_GRPC_TARGET=f"{HOST}:{grpc_port}",
            EVERRUNS_HTTP_WORKERS=workers,
            **client,
            **files(HTTP, public, trust.client_ca),
        ) as (process, port),
    ):
        # The socket is open before there is a process that answers.
        wait_until(process, lambda: answers(port, trust))
        answered = rest(port, trust.ca, trust.client)
        assert (answered.status_code, answered.json()) == (200, {"status": "ok"})
        assert answered.headers["strict-transport-security"].startswith("max-age=")
        for own in (None, trust.stranger):
            with pytest.raises(httpx.TransportError):
                rest(port, trust.ca, own)
        before = der(public)
        assert shown(port, trust) == before
        public.key.write_text("no key")
        assert shown(port, trust) == before
        write(trust.authority.issue_cert(HOST), tmp_path, "public")
        assert der(public) != before
        for _ in range(4):
            assert shown(port, trust) == der(public)
        others = trustme.CA()
        write_authority(others, tmp_path, "client-ca")
        with pytest.raises(httpx.TransportError):
            rest(port, trust.ca, trust.client)


def answers(port: int, trust: Trust) -> bool:
    """Whether the gateway and its server are well."""
    try:
        return rest(port, trust.ca, trust.client).status_code == 200
    except httpx.TransportError:
        return False


def shown(port: int, trust: Trust) -> bytes:
    """The certificate, in DER, that a gateway shows a client."""
    context = ssl.create_default_context(cafile=trust.ca)
    context.load_cert_chain(trust.client.certificate, trust.client.key)
    with (
        socket.create_connection((HOST, port)) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as encrypted,
    ):
        certificate = encrypted.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


@pytest.mark.parametrize(("command", "names"), [(["server", "serve"], GRPC), (["gateway"], HTTP)])
def test_files_that_are_wrong_stop_the_start(
    command: list[str], names: tuple[str, ...], trust: Trust, tmp_path: Path
) -> None:
    path = spoil("another's key", trust)
    ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": "0"}
    ended = run(command, tmp_path, **ports, **files(names, trust.server, trust.client_ca))
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert str(path) in line


def test_an_authority_of_the_server_that_is_none_stops_the_gateway(trust: Trust, tmp_path: Path) -> None:
    trust.ca.write_text("none")
    ended = run(["gateway"], tmp_path, EVERRUNS_HTTP_PORT="0", EVERRUNS_GRPC_CA=str(trust.ca))
    assert ended.returncode == 1
    assert str(trust.ca) in ended.stderr


@pytest.mark.parametrize(
    ("command", "host"), [(["server", "serve"], "EVERRUNS_GRPC_HOST"), (["gateway"], "EVERRUNS_HTTP_HOST")]
)
def test_no_port_is_open_to_others_in_plain_text_unasked(
    command: list[str], host: str, tmp_path: Path
) -> None:
    ended = run(command, tmp_path, **{host: "0.0.0.0"})
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert host in line
    assert "EVERRUNS_ALLOW_PLAINTEXT=on" in line


def test_a_port_that_is_open_to_others_when_asked(tmp_path: Path) -> None:
    open_to_all = {"EVERRUNS_GRPC_HOST": "0.0.0.0", "EVERRUNS_ALLOW_PLAINTEXT": "on"}
    with serving(tmp_path, **open_to_all) as (_, port), grpc.insecure_channel(f"{HOST}:{port}") as plain:
        assert check(plain) == SERVING
