"""Resume tokens: a place in an organization's events, signed, and bound to the organization."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass, field

from server.core.errors import Reason, invalid_field
from server.core.session_event import Position

_SIGNATURE = 16
_FORMAT = struct.Struct(f">{_SIGNATURE}sqq")
_KIND = b"session events"


@dataclass(frozen=True, slots=True)
class ResumeTokens:
    """Makes tokens, and reads those of its own secret, whichever process made them. Thread-safe."""

    secret: bytes = field(repr=False)

    def token(self, organization_id: bytes, position: Position) -> str:
        """The token of a place."""
        signature = self._sign(organization_id, position)
        return _text(_FORMAT.pack(signature, position.number, position.at))

    def position(self, organization_id: bytes, token: str) -> Position:
        """The place of a token. Raises INVALID_RESUME_TOKEN."""
        try:
            decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            found, number, at = _FORMAT.unpack(decoded)
        except (binascii.Error, ValueError, struct.error):
            raise _refusal() from None
        position = Position(number, at)
        # One spelling only: base64 has others of the same bytes.
        if not hmac.compare_digest(found, self._sign(organization_id, position)) or _text(decoded) != token:
            raise _refusal()
        return position

    def _sign(self, organization_id: bytes, position: Position) -> bytes:
        content = _KIND + organization_id + struct.pack(">qq", position.number, position.at)
        return hmac.digest(self.secret, content, "sha256")[:_SIGNATURE]


def _text(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _refusal() -> Exception:
    text = "is not a token of this organization's events"
    return invalid_field("resume_token", text, Reason.INVALID_RESUME_TOKEN)
