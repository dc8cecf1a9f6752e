"""All cases that the transports share."""

from __future__ import annotations

from tests.wire.cases.agent_documents import COPIES, EXPORTS, IMPORTS, PREVIEWS
from tests.wire.cases.agent_impacts import IMPACTS
from tests.wire.cases.agent_versions import VERSIONS
from tests.wire.cases.audit import AUDIT
from tests.wire.cases.bad_capabilities import CAPABILITIES, ELSEWHERE
from tests.wire.cases.bad_fields import FIELDS, NEW_SESSIONS
from tests.wire.cases.bulk import BATCHES, DELETIONS, EXPIRY
from tests.wire.cases.callers import CALLERS, NOT_FOUND
from tests.wire.cases.case import Case
from tests.wire.cases.conflicts import CONFLICTS
from tests.wire.cases.exclusions import EXCLUSIONS, EXCLUSIONS_CREATED
from tests.wire.cases.explanations import COMPARISONS, EXPLANATIONS
from tests.wire.cases.good_agents import AGENTS, CATALOG
from tests.wire.cases.good_lists import LISTS, STATS
from tests.wire.cases.good_runtimes import RUNTIMES
from tests.wire.cases.good_sessions import CREATED, SESSIONS
from tests.wire.cases.keys import KEYS
from tests.wire.cases.session_bindings import BINDINGS
from tests.wire.cases.session_drifts import DRIFTS
from tests.wire.cases.turns import TURNS, WORKERS
from tests.wire.cases.watches import WATCHES

CASES: tuple[Case, ...] = (
    *FIELDS,
    *CAPABILITIES,
    *ELSEWHERE,
    *CALLERS,
    *NOT_FOUND,
    *CONFLICTS,
    *SESSIONS,
    *AGENTS,
    *CATALOG,
    *LISTS,
    *STATS,
    *RUNTIMES,
    *EXCLUSIONS_CREATED,
    *EXCLUSIONS,
    *EXPLANATIONS,
    *COMPARISONS,
    *DELETIONS,
    *EXPIRY,
    *BATCHES,
    *TURNS,
    *WORKERS,
    *KEYS,
    *AUDIT,
    *COPIES,
    *EXPORTS,
    *IMPORTS,
    *PREVIEWS,
    *VERSIONS,
    *BINDINGS,
    *DRIFTS,
    *IMPACTS,
    *WATCHES,
)

NEW_SESSION_CASES: tuple[Case, ...] = (*CREATED, *NEW_SESSIONS, *CAPABILITIES, *EXCLUSIONS_CREATED)
"""Those of a new session, which a preview must answer alike."""
