"""The schemas of the document that others refer to."""

from __future__ import annotations

from collections.abc import Callable

from gateway.json_value import JsonObject
from gateway.openapi.struct_schema import struct_components


class Components:
    """Collects schemas by name, each made once, however often it is referred to. For one thread."""

    def __init__(self) -> None:
        self._schemas: dict[str, JsonObject] = struct_components()

    def add(self, name: str, make: Callable[[], JsonObject]) -> JsonObject:
        """Returns a reference to the schema of this name, which `make` makes unless there is one."""
        if name not in self._schemas:
            # Its name is taken before it is made, so that it may refer to itself.
            self._schemas[name] = {}
            self._schemas[name].update(make())
        return self.reference(name)

    def reference(self, name: str) -> JsonObject:
        """Returns a reference to the schema of this name."""
        return {"$ref": f"#/components/schemas/{name}"}

    def schemas(self) -> JsonObject:
        """Returns all of them by name, sorted."""
        return {name: self._schemas[name] for name in sorted(self._schemas)}
