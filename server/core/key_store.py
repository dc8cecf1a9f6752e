"""What a store promises of organizations and keys; `core.store` says what is true of every method."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from server.core.audit import Actor
from server.core.caller import ApiKey, KeyUse, Organization
from server.core.page import Page, PageRequest


class Keys(Protocol):
    """Organizations, and the keys that open them."""

    def create_organization(self, organization: Organization) -> Organization:
        """Keeps an organization, and answers it; the one of the same name if there is one already."""

    def find_organization(self, name: str) -> Organization | None:
        """The organization of a name."""

    def organizations(self) -> Sequence[bytes]:
        """The ids of all organizations."""

    def create(self, key: ApiKey, deadline: float = math.inf, actor: Actor | None = None) -> None:
        """Keeps a key."""

    def find(self, sha256: bytes) -> ApiKey | None:
        """The key whose secret, or the one before its rotation, has this digest; expired and revoked
        ones too."""

    def get(self, organization_id: bytes, id: bytes) -> ApiKey | None:
        """The key, expired and revoked ones too."""

    def list(self, organization_id: bytes, include_revoked: bool, page: PageRequest) -> Page[ApiKey]:
        """A page of the keys, the newest first (by id, which begins with the time)."""

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[ApiKey], ApiKey],
        deadline: float,
        actor: Actor | None = None,
    ) -> ApiKey | None:
        """Keeps what `change` makes of a key, and answers it; None when there is none.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written.
        """

    def note_uses(self, uses: Sequence[KeyUse], deadline: float) -> None:
        """Keeps when keys were used, where that is later than what is kept."""
