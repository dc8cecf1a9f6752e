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
