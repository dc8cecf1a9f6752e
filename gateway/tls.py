"""TLS of the gateway: as a server, with certificates that are read anew when they change, and as a client."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

_logger = logging.getLogger(__name__)

_Stamp = tuple[tuple[int, int, int], ...]


class TlsError(Exception):
    """Files that no TLS can be made of. The message says which, and what is wrong."""


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """PEM files: a certificate with its chain, its key, and the authorities of which clients must have a
    certificate; None where they need none."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """PEM files: the authorities of which the server must have a certificate, and the gateway's own
    certificate and key; None where the server asks for none. `server_name` is whom the server's
    certificate must name, None for the host of the target."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None


def server_context(files: ServerFiles, *_: object) -> ssl.SSLContext:
    """Returns the context whose new connections have what the files hold then; uvicorn hands it more.

    Files that are wrong when a connection comes are logged, and what was good before serves on. Raises
    TlsError where they are wrong now.
    """
    context, newest = _load(files), _Newest(files)

    def take_newest(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = newest.context()

    # It is called for every connection, also for one that names no host.
    context.sni_callback = take_newest
    return context


def channel_credentials(files: ClientFiles) -> grpc.ChannelCredentials:
    """Returns the credentials of channels to the server. Raises TlsError."""
    authorities = _read(files.ca)
    _check_certificate(authorities, files.ca)
    if files.certificate is None or files.key is None:
        return grpc.ssl_channel_credentials(authorities)
    certificate, key = _read(files.certificate), _read(files.key)
    _check_certificate(certificate, files.certificate)
    _load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files.certificate, files.key)
    return grpc.ssl_channel_credentials(authorities, key, certificate)


class _Newest:
    """The context of what the files hold, for use in one thread."""

    def __init__(self, files: ServerFiles) -> None:
        self._files = files
        self._seen = _stamp(files)
        self._context = _load(files)

    def context(self) -> ssl.SSLContext:
        """Returns the context, made anew if the files have changed and are good."""
        stamp = _stamp(self._files)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._context = _load(self._files)
                _logger.info("the certificate is renewed from %s", self._files.certificate)
            except TlsError as error:
                _logger.error("the certificate is not renewed: %s", error)
        return self._context


def _load(files: ServerFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _check_certificate(_read(files.certificate), files.certificate)
    _load_pair(context, files.certificate, files.key)
    if files.client_ca is not None:
        authorities = _read(files.client_ca)
        _check_certificate(authorities, files.client_ca)
        context.load_verify_locations(cadata=authorities.decode())
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # An empty passphrase, or a key that has one would be asked for on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"{key} is not the key of {certificate}"
        else:
            text = f"{key} holds no private key in PEM without a passphrase"
        raise TlsError(text) from None
    except OSError as error:
        raise TlsError(f"{key} cannot be read: {error.strerror}") from None


def _check_certificate(content: bytes, path: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=content.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise TlsError(f"{path} holds no certificate in PEM") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsError(f"{path} cannot be read: {error.strerror}") from None


def _stamp(files: ServerFiles) -> _Stamp:
    """What changes when a file does; the same for one that is not there."""
    stats = []
    for path in (files.certificate, files.key, files.client_ca):
        try:
            found = path.stat() if path is not None else None
        except OSError:
            found = None
        stats.append((found.st_mtime_ns, found.st_ino, found.st_size) if found else (0, 0, 0))
    return tuple(stats)
