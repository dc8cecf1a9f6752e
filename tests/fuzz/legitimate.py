"""What schemathesis cannot know of this service: each with the reason why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

_NOT_IN_A_SCHEMA = {
    # What a capability is depends on the catalog, and a list of them is judged as a whole.
    "CAPABILITY_CONFLICT",
    "CAPABILITY_NOT_AVAILABLE",
    "DUPLICATE_CAPABILITY",
    "INVALID_CONFIG",
    "TOOL_NAME_CONFLICT",
    "TOO_MANY_CAPABILITIES",
    "UNKNOWN_CAPABILITY",
    # A text may begin as JSON or YAML does, and is then read as such.
    "INVALID_DOCUMENT",
    # A token is for the list and the filter that it came from.
    "INVALID_PAGE_TOKEN",
    # A call before this one deleted the agent.
    "AGENT_ARCHIVED",
    # The key that the call is made with is the one that is to be revoked.
    "KEY_IN_USE",
}
_STILL_THERE = {
    ("GET", "/v1/agents/{id}"),
    ("GET", "/v1/agents/{id}/export"),
    ("POST", "/v1/agents/{id}/copy"),
    ("GET", "/v1/agents/{agent_id}/versions"),
    ("GET", "/v1/agents/{agent_id}/versions/{version}"),
    ("GET", "/v1/agents/{agent_id}/versions:diff"),
    ("GET", "/v1/keys/{id}"),
}
"""A deleted agent is archived: its sessions keep working, and it can be read, exported and copied. A revoked
key can be read."""
_CATALOG = ("current_time", "noop", "openui", "session_storage", "test_math", "virtual_bash", "web_fetch")
_AGENT_ID = re.compile(r"agent_([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9.]+(e[+-]?[0-9]+)?", re.IGNORECASE)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, object]) -> None:
    """Takes out what would end a call before anything else about it is looked at."""
    headers = case.headers
    # A made-up organization is another one, and all that a call with it finds is 403.
    if "X-Org-Id" in headers and not _is_about(case, "X-Org-Id"):
        del headers["X-Org-Id"]
    # Too little time ends in 504, as it is meant to.
    if _SECONDS.fullmatch(str(headers.get("X-Request-Timeout", ""))):
        headers["X-Request-Timeout"] = "20"
    if isinstance(case.body, dict) and case.meta is not None and case.meta.generation.mode.is_positive:
        requests = case.body.get("requests")
        for body in (case.body, *(requests if isinstance(requests, list) else ())):
            _make_acceptable(body)
    # A body may have the id that is in the path, and no other.
    if case.method == "PUT" and isinstance(case.body, dict) and _AGENT_ID.fullmatch(str(case.body.get("id"))):
        case.body["id"] = case.path_parameters["id"]


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure is one."""
    if isinstance(failure, RejectedPositiveData) and response.status_code == 400:
        code = response.json()["code"]
        # What follows a link of its own making puts the session's id in the place of the turn's, too.
        is_amiss = code == "INVALID_ID" and case.operation.path == "/v1/sessions/{session_id}/turns/{id}"
        return code not in _NOT_IN_A_SCHEMA and not is_amiss
    if isinstance(failure, AcceptedNegativeData) and str(case.media_type).startswith("text/"):
        # Sent as text, whatever it was made of is one.
        return False
    if isinstance(failure, UseAfterFree):
        return (case.method, case.path) not in _STILL_THERE
    return True


def _make_acceptable(body: dict[str, Any]) -> None:
    # Made-up capabilities are in no catalog.
    if "capabilities" in body:
        body["capabilities"] = [*_known(body["capabilities"])] or None
    # What time it is no schema tells.
    if body.get("expires_at"):
        body["expires_at"] = "2999-12-31T23:59:59Z"


def _known(entries: object) -> Iterator[Any]:
    """The entries with refs of the catalog, as many as there are."""
    for ref, entry in zip(_CATALOG, entries if isinstance(entries, list) else (), strict=False):
        if isinstance(entry, dict):
            yield {**entry, "ref": ref, "config": {} if entry.get("config") else None}
        else:
            yield ref


def _is_about(case: Case[Any], parameter: str) -> bool:
    data = case.meta.phase.data if case.meta is not None else None
    mutations = getattr(data, "mutations", None) or ()
    return parameter in {getattr(data, "parameter", None), *(mutation.parameter for mutation in mutations)}
