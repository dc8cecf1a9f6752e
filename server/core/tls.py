"""The files that TLS on a port is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: a certificate with its chain, its key, and the authorities of which clients must have a
    certificate; None where they need none."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientTlsFiles:
    """What a client of the port needs: a PEM file of whom to trust, its own certificate and key where the
    server asks for one, and whom the server's certificate must name, None for the host that is asked."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None
