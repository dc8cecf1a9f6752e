"""What a change of an agent does to a session of it."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.problem import Problem, Severity
from server.core.runtime_agent import RuntimeAgent


@dataclass(frozen=True, slots=True)
class Impact:
    """The digests of what a session runs with and would run with; what would be wrong and is not now, and the
    features that it would lose."""

    digest: str
    new_digest: str
    problems: tuple[Problem, ...]
    lost_features: tuple[str, ...]

    @property
    def is_broken(self) -> bool:
        """Whether the session would have a new error."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def impact(before: RuntimeAgent, after: RuntimeAgent) -> Impact | None:
    """What becomes of a session that runs with `before` and would with `after`; None where they are equal."""
    if before.digest == after.digest:
        return None
    known, kept = set(before.merged.problems), set(after.merged.features)
    return Impact(
        digest=before.digest,
        new_digest=after.digest,
        problems=tuple(problem for problem in after.merged.problems if problem not in known),
        lost_features=tuple(feature for feature in before.merged.features if feature not in kept),
    )
