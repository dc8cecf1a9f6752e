"""Something wrong with a layer, and which layer answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.effective_config import LayerName
from server.core.errors import Reason


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong. `layer` answers for it, and `field` is the path within that layer's resource."""

    reason: Reason
    layer: LayerName
    field: str
    message: str
    severity: Severity = Severity.ERROR

    @property
    def path(self) -> str:
        """The path as a session's reader sees it: bare in the session, with the layer's name below."""
        return seen_from_session(self.layer, self.field)


def seen_from_session(layer: LayerName, field: str) -> str:
    """The path of a layer's field as a session's reader sees it."""
    return field if layer is LayerName.SESSION else f"{layer}.{field}"
