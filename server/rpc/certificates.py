"""TLS on the gRPC port: certificates from files, read anew when these change."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import grpc

from server.core.tls import ClientTlsFiles, TlsFiles

logger = logging.getLogger(__name__)

_Stamp = tuple[tuple[int, int, int], ...]


class CertificateError(Exception):
    """Files that no TLS can be made of. The message says which, and what is wrong."""


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials whose new connections have what the files hold then.

    Files that are wrong when a connection comes are logged, and what was good before serves on. Raises
    CertificateError where they are wrong now.
    """
    certificates = _Certificates(files)
    # None is what grpc wants for no change, though its stubs do not say so.
    fetch = cast("Callable[[], grpc.ServerCertificateConfiguration]", certificates.load_if_changed)
    credentials: grpc.ServerCredentials = grpc.dynamic_ssl_server_credentials(
        certificates.load(),
        fetch,
        require_client_authentication=files.client_ca is not None,
    )
    return credentials


def channel_credentials(files: ClientTlsFiles) -> grpc.ChannelCredentials:
    """What a client asks with. Raises CertificateError."""
    authorities = _read(files.ca)
    _check_authorities(authorities, files.ca)
    if files.certificate is None or files.key is None:
        return grpc.ssl_channel_credentials(authorities)
    own = TlsFiles(files.certificate, files.key)
    certificate, key = _read(own.certificate), _read(own.key)
    _check_authorities(certificate, own.certificate)
    _check_key(own)
    return grpc.ssl_channel_credentials(authorities, key, certificate)


class _Certificates:
    """What the files hold. Thread-safe: gRPC asks at every handshake, from threads of its own."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._seen: _Stamp | None = None
        self._lock = threading.Lock()

    def load(self) -> grpc.ServerCertificateConfiguration:
        """Reads the files. Raises CertificateError."""
        self._seen = _stamp(self._files)
        certificate, key = _read(self._files.certificate), _read(self._files.key)
        client_ca = None if self._files.client_ca is None else _read(self._files.client_ca)
        _check_authorities(certificate, self._files.certificate)
        _check_key(self._files)
        if client_ca is not None and self._files.client_ca is not None:
            _check_authorities(client_ca, self._files.client_ca)
        if _stamp(self._files) != self._seen:
            raise CertificateError(f"{self._files.certificate} and its key change as they are read")
        return grpc.ssl_server_certificate_configuration([(key, certificate)], client_ca)

    def load_if_changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The same if the files have changed since, and are good; else None."""
        with self._lock:
            if _stamp(self._files) == self._seen:
                return None
            try:
                loaded = self.load()
            except CertificateError as error:
                logger.error("the certificate is not renewed: %s", error)
                return None
            logger.info("the certificate is renewed from %s", self._files.certificate)
            return loaded


def _stamp(files: TlsFiles) -> _Stamp:
    """What changes when a file does; the same for one that is not there."""
    stats = []
    for path in (files.certificate, files.key, files.client_ca):
        try:
            found = path.stat() if path is not None else None
        except OSError:
            found = None
        stats.append((found.st_mtime_ns, found.st_ino, found.st_size) if found else (0, 0, 0))
    return tuple(stats)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror}") from None


def _check_authorities(content: bytes, path: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=content.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise CertificateError(f"{path} holds no certificate in PEM") from None


def _check_key(files: TlsFiles) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty passphrase, or a key that has one would be asked for on the terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"{files.key} is not the key of {files.certificate}"
        else:
            text = f"{files.key} holds no private key in PEM without a passphrase"
        raise CertificateError(text) from None
    except OSError as error:
        raise CertificateError(f"{files.key} cannot be read: {error.strerror}") from None
