"""Page tokens: where the next page begins, signed, and bound to list, tenant and filter (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass, field

from everruns.v1.agent_impact_pb2 import PreviewAgentUpdateRequest
from everruns.v1.agent_service_pb2 import ListAgentsRequest
from everruns.v1.agent_version_pb2 import ListAgentVersionsRequest
from everruns.v1.audit_service_pb2 import ListAuditEventsRequest
from everruns.v1.capability_service_pb2 import ListCapabilitiesRequest
from everruns.v1.key_service_pb2 import ListKeysRequest
from everruns.v1.model_service_pb2 import ListModelsRequest
from everruns.v1.session_service_pb2 import ListSessionsRequest
from everruns.v1.turn_service_pb2 import ListTurnsRequest
from server.core.errors import Reason, ServiceError, invalid_field
from server.core.page import DEFAULT_SIZE, LARGEST_SIZE, PageRequest

ListRequest = (
    ListSessionsRequest
    | ListAgentsRequest
    | ListCapabilitiesRequest
    | ListModelsRequest
    | ListTurnsRequest
    | ListKeysRequest
    | ListAgentVersionsRequest
    | ListAuditEventsRequest
)
PagedRequest = ListRequest | PreviewAgentUpdateRequest
"""What is answered in pages; only lists can be told to pass over some items first."""


_SIGNATURE = 16
_FORMAT = struct.Struct(f">{_SIGNATURE}sq16s")
_NOT_OF_THE_FILTER = frozenset({"page_size", "page_token", "skip"})


@dataclass(frozen=True, slots=True)
class PageTokens:
    """Makes tokens, and reads those of its own secret, whichever process made them. Thread-safe."""

    secret: bytes = field(repr=False)

    def page_request(self, request: PagedRequest, organization_id: bytes) -> PageRequest:
        """The part of the list that a request asks for. Raises INVALID_PAGE_TOKEN."""
        token = request.page_token
        after = self._read(token, request, organization_id) if token else None
        size = min(request.page_size or DEFAULT_SIZE, LARGEST_SIZE)
        skip = 0 if isinstance(request, PreviewAgentUpdateRequest) else request.skip
        return PageRequest(size=size, skip=skip, after=after)

    def next_page_token(
        self, request: PagedRequest, organization_id: bytes, after: tuple[int, bytes] | None
    ) -> str | None:
        """The token of the page after an item; None when there is none."""
        if after is None:
            return None
        created_at, id = after
        token = _FORMAT.pack(self._sign(request, organization_id, created_at, id), created_at, id)
        return _text(token)

    def _read(self, token: str, request: PagedRequest, organization_id: bytes) -> tuple[int, bytes]:
        try:
            decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            found, created_at, id = _FORMAT.unpack(decoded)
        except (binascii.Error, ValueError, struct.error):
            raise _refusal() from None
        expected = self._sign(request, organization_id, created_at, id)
        # One spelling only: base64 has others of the same bytes.
        if not hmac.compare_digest(found, expected) or _text(decoded) != token:
            raise _refusal()
        return created_at, id

    def _sign(self, request: PagedRequest, organization_id: bytes, created_at: int, id: bytes) -> bytes:
        """What ties a place to the list, the tenant and the filter that it was found with."""
        content = [request.DESCRIPTOR.full_name, organization_id.hex(), str(created_at), id.hex()]
        content += [
            f"{field.name}={value}"
            for field, value in request.ListFields()
            if field.name not in _NOT_OF_THE_FILTER
        ]
        return hmac.digest(self.secret, "\0".join(content).encode(), "sha256")[:_SIGNATURE]


def _text(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _refusal() -> ServiceError:
    text = "is not a token of this list with this filter"
    return invalid_field("page_token", text, Reason.INVALID_PAGE_TOKEN)
