"""Keys of the wider API that this service does not have, and what they may hold all the same.

Clients of that API always send some of them. One is accepted when nothing would be lost by leaving it
out: when it is null or empty, or names the one harness that there is.
"""

from __future__ import annotations

from gateway.json_value import JsonValue

_KEYS = frozenset(
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

_HARNESS_ID = "harness_00000000000000000000000000000001"
_HARNESS_NAME = "generic"


def is_tolerated(key: str) -> bool:
    """Returns whether the key is one of them. Where a resource has the field, the field comes first."""
    return key in _KEYS


def loses_nothing(key: str, value: JsonValue) -> bool:
    """Returns whether the value says nothing that this service would not do anyway."""
    if value is None or value == "" or value == [] or value == {}:
        return True
    if not isinstance(value, str):
        return False
    if key == "harness_id":
        # Ids are also accepted with hyphens and in upper case.
        return value.lower().replace("-", "") == _HARNESS_ID
    return key == "harness_name" and value == _HARNESS_NAME
