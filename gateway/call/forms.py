"""The RPCs that can be called, and the form that each is called in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from gateway.routes import Binding, bindings, service_descriptors


@cache
def forms() -> Mapping[str, Binding]:
    """Returns the form of each RPC by its name, which is unique over the services: its first one in REST,
    else one without path and body."""
    services = service_descriptors()
    in_rest = {binding.rpc.name: binding for binding in reversed(bindings(services))}
    return {
        rpc.name: in_rest.get(rpc.name) or Binding("", "", "", "", rpc)
        for service in services
        for rpc in service.methods
    }
