"""Paths of the wider API, which its clients know and this service is not.

They are refused by a reason of their own, whatever the method: a client learns that it asks the wrong
service, where a bare 404 would let it look for a mistake of its own.
"""

from __future__ import annotations

_RESOURCES = (
    "/v1/budgets",
    "/v1/channels",
    "/v1/harness-examples",
    "/v1/harnesses",
    "/v1/memories",
    "/v1/user/connections",
    "/v1/workspaces",
)

PATHS = (
    *_RESOURCES,
    *(f"{path}/{{rest=**}}" for path in _RESOURCES),
    "/v1/agents/analyze",
    "/v1/agents/{id}/health-checks",
    "/v1/agents/{id}/health-checks/{run_id}",
    "/v1/agents/{id}/stats",
    "/v1/agents/{id}/versions/{from}/diff/{to}",
    "/v1/agents/{id}/versions/{version}/fork",
    "/v1/capabilities/guardrails/dry-run",
    "/v1/capabilities/guardrails/examples",
    "/v1/sessions/{id}/budget-check",
    "/v1/sessions/{id}/budgets",
    "/v1/sessions/{id}/events",
    "/v1/sessions/{id}/export",
    "/v1/sessions/{id}/messages",
    "/v1/sessions/{id}/resume",
    "/v1/sessions/{id}/sse",
    "/v1/sessions/{id}/storage/secrets",
    "/v1/sessions/{id}/tool-results",
)
"""The templates of these paths, as the protos write theirs."""
