"""How many of each thing an organization may have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most agents that are not archived, keys that are not revoked, and sessions; None for any number."""

    agents: int | None = None
    keys: int | None = None
    sessions: int | None = None


NO_QUOTAS = Quotas()
