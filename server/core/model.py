"""The models that agents and sessions may choose: the operator's table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.core.errors import Reason, Violation

_ID = re.compile(r"[A-Za-z0-9._:/@-]{1,128}")
_MOST_NEAREST = 3


class ModelStatus(StrEnum):
    """Whether a model should still be chosen."""

    AVAILABLE = "available"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the table, as `model.proto` describes it."""

    id: str
    name: str
    provider: str
    description: str | None = None
    aliases: tuple[str, ...] = ()
    status: ModelStatus = ModelStatus.AVAILABLE


class ModelTableError(Exception):
    """What is wrong with a table: `place` is that of the model in the order given, `path` leads to the
    attribute in it, and `reason` says what is wrong."""

    def __init__(self, place: int, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(place, path, reason)
        self.place = place
        self.path = path
        self.reason = reason


class ModelTable:
    """Models by id and by alias. Immutable and thread-safe. An empty one says nothing about models."""

    def __init__(self, models: Iterable[Model] = (), changed_at: int = 0) -> None:
        """Takes the models in any order, and when the table was last changed, in microseconds since 1970.

        Raises ModelTableError for the first id or alias that does not match `[A-Za-z0-9._:/@-]{1,128}`,
        or that is there already.
        """
        self._by_name: dict[str, Model] = {}
        given = list(models)
        for place, model in enumerate(given):
            self._add(place, ("id",), model.id, model)
        for place, model in enumerate(given):
            for index, alias in enumerate(model.aliases):
                self._add(place, ("aliases", index), alias, model)
        self._sorted = sorted(given, key=lambda model: model.id)
        self.changed_at = changed_at

    def __iter__(self) -> Iterator[Model]:
        """Sorted by id."""
        return iter(self._sorted)

    def __len__(self) -> int:
        return len(self._sorted)

    def get(self, name: str) -> Model | None:
        """The model of an id or an alias, None when the table has none."""
        return self._by_name.get(name)

    def resolve(self, name: str | None) -> str | None:
        """The id that an alias stands for; any other name as it is."""
        model = self._by_name.get(name) if name is not None else None
        return name if model is None else model.id

    def violations(self, field: str, name: str | None) -> Sequence[Violation]:
        """What is wrong with a field that chooses this model: nothing if it chooses none, or one that the
        table has, or if the table is empty."""
        if name is None or not self._by_name or name in self._by_name:
            return ()
        like = difflib.get_close_matches(name, self._by_name, n=_MOST_NEAREST)
        hint = (
            f"did you mean {_either(like)}?"
            if like
            else "ListModels (GET /v1/models) answers those that there are"
        )
        return (Violation(field, f"there is no model {name}; {hint}", Reason.UNKNOWN_MODEL),)

    def _add(self, place: int, path: tuple[str | int, ...], name: str, model: Model) -> None:
        if not _ID.fullmatch(name):
            raise ModelTableError(place, path, f"must match {_ID.pattern}")
        if name in self._by_name:
            raise ModelTableError(place, path, f"{name} names another model, or this one, already")
        self._by_name[name] = model


ANY_MODEL = ModelTable()
"""The empty table, with which any model may be chosen."""


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
