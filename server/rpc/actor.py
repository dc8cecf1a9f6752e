"""Who makes a call, as the audit log has it."""

from __future__ import annotations

import grpc

from server.core.audit import Actor
from server.core.caller import Caller

_LONGEST_ID = 128
_LONGEST_FORWARDED = 200


def actor_of(method: str, caller: Caller, context: grpc.ServicerContext) -> Actor:
    """The key of a call, and what came with it: its request id, its address, and for whom it is made.

    Of `x-forwarded-for` the end is kept, since a gateway adds there what it knows itself.
    """
    request_id = forwarded_for = None
    for key, value in context.invocation_metadata():
        if key == "x-request-id" and 0 < len(value) <= _LONGEST_ID:
            request_id = str(value)
        elif key == "x-forwarded-for" and value:
            forwarded_for = str(value)[-_LONGEST_FORWARDED:]
    return Actor(method, caller.key_id, caller.key_name, request_id, context.peer(), forwarded_for)
