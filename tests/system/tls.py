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
