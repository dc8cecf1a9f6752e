"""Chains of dependencies: how one capability comes to need another."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def chains(dependencies: Callable[[str], Sequence[str]], start: str) -> dict[str, tuple[str, ...]]:
    """The shortest way from a capability to each that it needs, itself included, both ends included.

    Of ways of one length it is the one through the dependencies that are named first.
    """
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = [start]
    for id in waiting:
        for needed in dependencies(id):
            if needed not in ways:
                ways[needed] = (*ways[id], needed)
                waiting.append(needed)
    return ways
