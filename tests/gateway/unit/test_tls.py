"""Files of TLS that are wrong are told by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.tls import ClientFiles, ServerFiles, TlsError, channel_credentials, server_context
from tests.system.tls import WRONG, new_trust, spoil


@pytest.mark.parametrize("what", WRONG)
def test_a_file_of_the_gateways_port_that_is_wrong_is_named(what: str, tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    files = ServerFiles(trust.server.certificate, trust.server.key, trust.client_ca)
    assert server_context(files) is not None
    path = spoil(what, trust)
    with pytest.raises(TlsError, match=f"^{path} "):
        server_context(files)


@pytest.mark.parametrize("what", WRONG)
def test_a_file_of_its_channels_that_is_wrong_is_named(what: str, tmp_path: Path) -> None:
    trust = new_trust(tmp_path)
    files = ClientFiles(trust.client_ca, trust.server.certificate, trust.server.key)
    assert channel_credentials(files) is not None
    path = spoil(what, trust)
    with pytest.raises(TlsError, match=f"^{path} "):
        channel_credentials(files)
