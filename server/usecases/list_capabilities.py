"""ListCapabilities."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.catalog import Capability, Catalog
from server.core.page import Page, PageRequest


@dataclass(frozen=True, slots=True)
class ListCapabilities:
    """Reads a page of the catalog. Thread-safe."""

    catalog: Catalog

    def __call__(self, search: str, page: PageRequest) -> Page[Capability]:
        """The capabilities whose id, name or description contains `search` in any case, by id.

        The catalog does not change while the service runs, so the key of an item is its place.
        """
        wanted = search.casefold()
        found = [c for c in self.catalog if wanted in f"{c.id}\n{c.name}\n{c.description}".casefold()]
        start = page.skip + (page.after[0] if page.after else 0)
        items = tuple(found[start : start + page.size])
        end = start + len(items)
        more = bool(items) and end < len(found)
        return Page(items, len(found), (end, bytes(16)) if more else None)
