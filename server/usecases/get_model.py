"""GetModel."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import model_not_found
from server.core.model import Model, ModelTable


@dataclass(frozen=True, slots=True)
class GetModel:
    """Reads one model. Thread-safe."""

    models: ModelTable

    def __call__(self, name: str) -> Model:
        """The model of an id or an alias. Raises MODEL_NOT_FOUND."""
        model = self.models.get(name)
        if model is None:
            raise model_not_found(name)
        return model
