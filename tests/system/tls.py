"""Authorities of a test's own, and the files of certificates that they give."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import trustme

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files."""

    certificate: Path
    key: Path


def write(issued: trustme.LeafCert, directory: Path, name: str) -> Files:
    """Writes a certificate with its chain and its key over what files of that name held."""
    files = Files(directory / f"{name}-cert.pem", directory / f"{name}-key.pem")
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    for path, content in ((files.certificate, chain), (files.key, issued.private_key_pem.bytes())):
        # As those who renew certificates do it: a file is there whole or not at all.
        new = path.with_suffix(".new")
        new.write_bytes(content)
        new.replace(path)
    return files


def write_authority(authority: trustme.CA, directory: Path, name: str) -> Path:
    """Writes the authority's certificate over what the file of that name held."""
    path, new = directory / f"{name}.pem", directory / f"{name}.new"
    new.write_bytes(authority.cert_pem.bytes())
    new.replace(path)
    return path


def shown_certificate(port: int) -> bytes:
    """The certificate, in DER, that a new connection to a port is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((HOST, port)) as plain, context.wrap_socket(plain) as encrypted:
        certificate = encrypted.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


def der(files: Files) -> bytes:
    """The certificate of a file, in DER."""
    pem, end, _ = files.certificate.read_text().partition(ssl.PEM_FOOTER)
    return ssl.PEM_cert_to_DER_cert(pem + end)


def channel(port: int, authority: Path, own: Files | None = None) -> grpc.Channel:
    """A channel to a port, with a connection of its own, that trusts an authority and shows a certificate."""
    credentials = grpc.ssl_channel_credentials(
        authority.read_bytes(),
        own.key.read_bytes() if own else None,
        own.certificate.read_bytes() if own else None,
    )
    options = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.secure_channel(f"{HOST}:{port}", credentials, options=options)


@dataclass(frozen=True, slots=True)
class Trust:
    """An authority for servers and one for clients, and a certificate of each."""

    authority: trustme.CA
    clients: trustme.CA
    ca: Path
    client_ca: Path
    server: Files
    client: Files
    stranger: Files


def new_trust(directory: Path) -> Trust:
    """Authorities and certificates in a directory."""
    authority, clients, others = trustme.CA(), trustme.CA(), trustme.CA()
    return Trust(
        authority,
        clients,
        write_authority(authority, directory, "ca"),
        write_authority(clients, directory, "client-ca"),
        write(authority.issue_cert(HOST, "sessions.internal"), directory, "server"),
        write(clients.issue_cert("client"), directory, "client"),
        write(others.issue_cert("client"), directory, "stranger"),
    )


def spoil(what: str, trust: Trust) -> Path:
    """Makes one of the server's files wrong, and answers which."""
    match what:
        case "missing certificate":
            trust.server.certificate.unlink()
            return trust.server.certificate
        case "missing key":
            trust.server.key.unlink()
            return trust.server.key
        case "no certificate":
            trust.server.certificate.write_text("hello")
            return trust.server.certificate
        case "no key":
            trust.server.key.write_bytes(trust.server.certificate.read_bytes())
            return trust.server.key
        case "another's key":
            trust.server.key.write_bytes(trust.client.key.read_bytes())
            return trust.server.key
        case "no authority":
            trust.client_ca.write_bytes(b"\xff\x00")
            return trust.client_ca
        case _:
            trust.client_ca.unlink()
            return trust.client_ca


WRONG = (
    "missing certificate",
    "missing key",
    "no certificate",
    "no key",
    "another's key",
    "no authority",
    "missing authority",
)
