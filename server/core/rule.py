"""The rules by which something is as it is in a runtime agent, or is not there."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """A rule of merging; `explanation.proto` says what each decides."""

    FIRST_PLACE = "first_place"
    DEPENDENCY = "dependency"
    DEFAULT = "default"
    MERGE_PATCH = "merge_patch"
    LOCK = "lock"
    FIRST_TOOL = "first_tool"
    UNION = "union"
    CAPABILITY_ORDER = "capability_order"
    AGENT_TEXT_LAST = "agent_text_last"
    SESSION_OVER_AGENT = "session_over_agent"
    AGENT_OVER_SERVER = "agent_over_server"
    SERVER_DEFAULT = "server_default"
    UNSET = "unset"
    AGENT_ALONE = "agent_alone"

    EXCLUDED = "excluded"
    NO_LONGER_NEEDED = "no_longer_needed"
    UNKNOWN = "unknown"
    NOT_AVAILABLE = "not_available"
    REPEATED = "repeated"
