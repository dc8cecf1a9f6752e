"""What is wrong with a batch: everything that is wrong with any of it, by place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from server.core.errors import Reason, ServiceError, Violation, invalid

T = TypeVar("T")
R = TypeVar("R")


def each(items: Iterable[T], make: Callable[[T], R]) -> list[R]:
    """What `make` makes of every item.

    Raises an error with a violation for everything that it raises a ServiceError for, each under
    `requests[place]`; the reason is the first one's.
    """
    made: list[R] = []
    violations: list[Violation] = []
    for place, item in enumerate(items):
        try:
            made.append(make(item))
        except ServiceError as error:
            violations += _under(f"requests[{place}]", error)
    if violations:
        raise invalid(violations)
    return made


def _under(path: str, error: ServiceError) -> Iterator[Violation]:
    if not error.violations:
        yield Violation(path, error.message, Reason(error.reason))
    for wrong in error.violations:
        yield Violation(f"{path}.{wrong.field}", wrong.description, wrong.reason)
