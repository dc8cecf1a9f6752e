"""GetCapability."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.catalog import Capability, Catalog
from server.core.errors import capability_not_found


@dataclass(frozen=True, slots=True)
class GetCapability:
    """Reads one capability. Thread-safe."""

    catalog: Catalog

    def __call__(self, id: str) -> Capability:
        """The capability. Raises CAPABILITY_NOT_FOUND."""
        capability = self.catalog.get(id)
        if capability is None:
            raise capability_not_found(id)
        return capability
