"""ListCapabilities."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.catalog import Capability, Catalog
from server.core.page import Page, PageRequest, page_of


@dataclass(frozen=True, slots=True)
class ListCapabilities:
    """Reads a page of the catalog. Thread-safe."""

    catalog: Catalog

    def __call__(self, search: str, page: PageRequest) -> Page[Capability]:
        """The capabilities whose id, name or description contains `search` in any case, by id."""
        wanted = search.casefold()
        found = [c for c in self.catalog if wanted in f"{c.id}\n{c.name}\n{c.description}".casefold()]
        return page_of(found, page)
