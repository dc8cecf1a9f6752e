"""The JSON Schema of the document that an error is (RFC 9457)."""

from __future__ import annotations

from gateway.json_value import JsonObject

PROBLEM = "ProblemDocument"
"""The name of its component."""


def problem_component() -> JsonObject:
    """Returns its schema."""
    text: JsonObject = {"type": "string"}
    violation: JsonObject = {
        "field": {
            **text,
            "description": "Its path, `capabilities[2].config.timeout_ms`; empty for the body.",
        },
        "description": {**text, "description": "What is wrong with it, for people."},
        "reason": {**text, "description": "What is wrong with it, as `code`."},
    }
    members: JsonObject = {
        "type": {**text, "format": "uri", "description": "`urn:everruns:error:` and the code."},
        "title": {**text, "description": "The code in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {**text, "description": "What is wrong, for people."},
        "code": {**text, "description": "Why the call failed: a name that keeps its meaning for ever."},
        "field_violations": {
            "type": "array",
            "description": "Every field that is wrong, up to a hundred.",
            "items": {"type": "object", "properties": violation, "required": list(violation)},
        },
        "request_id": {**text, "description": "Finds the request in the log."},
        "error": {**text, "description": "`detail` again, for older clients."},
    }
    return {
        "type": "object",
        "description": "Why a call failed (RFC 9457).",
        "properties": members,
        "required": list(members),
    }
