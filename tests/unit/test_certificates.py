"""Files of TLS on the gRPC port that are wrong are told by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from server.core.tls import TlsFiles
from server.rpc.certificates import CertificateError, server_credentials
from tests.system.tls import WRONG, Trust, new_trust, spoil


def files(trust: Trust) -> TlsFiles:
    """The server's, and whom it trusts."""
    return TlsFiles(trust.server.certificate, trust.server.key, trust.client_ca)


def test_good_files_are_taken(tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    assert server_credentials(files(trust)) is not None
    assert server_credentials(TlsFiles(trust.server.certificate, trust.server.key)) is not None


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_wrong_is_named(what: str, tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    path = spoil(what, trust)
    with pytest.raises(CertificateError, match=f"^{path} "):
        server_credentials(files(trust))


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    key = load_pem_private_key(trust.server.key.read_bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    trust.server.key.write_bytes(encrypted)
    with pytest.raises(CertificateError, match="without a passphrase"):
        server_credentials(files(trust))
