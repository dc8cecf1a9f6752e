"""Keys of the wider API that this service does not have, and what they may hold all the same.

Clients of that API always send some of them. One is accepted when nothing would be lost by leaving it
out: when it is null or empty, or names the one harness that there is.
"""

from __future__ import annotations

import re

from gateway.json_value import JsonValue

KEYS = frozenset(
    {
        "agent_identity_id",
        "harness_id",
        "harness_name",
        "hints",
        "initial_files",
        "locale",
        "max_iterations",
        "mcpServers",
        "mcp_servers",
        "network_access",
        "parallel_tool_calls",
        "system_prompt",
        "tools",
        "workspace_id",
    }
)
"""Their names."""

HARNESS_NAME = "generic"
HARNESS_ID_PATTERN = "^[Hh][Aa][Rr][Nn][Ee][Ss][Ss]_(?:0{31}1|0{8}(?:-0{4}){3}-0{11}1)$"
"""The id of the one harness, as ids are accepted: also in upper case, and with the hyphens of a UUID."""

_HARNESS_ID = re.compile(HARNESS_ID_PATTERN)


def is_tolerated(key: str) -> bool:
    """Returns whether the key is one of them. Where a resource has the field, the field comes first."""
    return key in KEYS


def loses_nothing(key: str, value: JsonValue) -> bool:
    """Returns whether the value says nothing that this service would not do anyway."""
    if value is None or value == "" or value == [] or value == {}:
        return True
    if not isinstance(value, str):
        return False
    if key == "harness_id":
        return _HARNESS_ID.fullmatch(value) is not None
    return key == "harness_name" and value == HARNESS_NAME
