"""ListModels."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.model import Model, ModelTable
from server.core.page import Page, PageRequest, page_of


@dataclass(frozen=True, slots=True)
class ListModels:
    """Reads a page of the models. Thread-safe."""

    models: ModelTable

    def __call__(self, search: str, page: PageRequest) -> Page[Model]:
        """The models whose id, name, provider, description or alias contains `search` in any case, by id."""
        wanted = search.casefold()
        return page_of([model for model in self.models if wanted in _text(model)], page)


def _text(model: Model) -> str:
    words = (model.id, model.name, model.provider, model.description or "", *model.aliases)
    return "\n".join(words).casefold()
