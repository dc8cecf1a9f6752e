"""The names of operations, and of what is in their paths."""

from __future__ import annotations

import re

from gateway import proto_options
from gateway.routes import Binding


def operation_id(binding: Binding) -> str:
    """Returns the name of the RPC; a further HTTP form of one has its method before it: `PutApplyAgent`."""
    first = proto_options.http_rules(binding.rpc)[0]
    is_first = getattr(first, binding.method.lower()) == binding.template
    return binding.rpc.name if is_first else f"{binding.method.capitalize()}{binding.rpc.name}"


def path_template(binding: Binding) -> str:
    """Returns the path with its variables named as the fields themselves are: `{id}` for `{agent.id}`."""
    return re.sub(r"\{(?:\w+\.)*(\w+)\}", r"{\1}", binding.path)
