"""Masks of updates, which REST makes from the keys of a body, and gRPC clients write themselves."""

from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from everruns.v1.session_pb2 import SessionSpec
from everruns.v1.session_service_pb2 import UpdateSessionRequest
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure

_FULL: dict[str, Json] = {"title": "one", "tags": ["a"], "model_id": "m", "capabilities": ["noop"]}
_NOOP: Json = [{"ref": "noop", "config": None}]
_KEPT: dict[str, Json] = {**_FULL, "capabilities": _NOOP}


@pytest.fixture
def made(clients: Clients, names: dict[str, Json]) -> str:
    """The id of a session with everything set."""
    made = clients.grpc.call(Call("CreateSession", {"agent_id": "$agent.id", **_FULL}).filled(names))
    assert isinstance(made, Answer)
    return str(made.content["id"])


@pytest.mark.parametrize(
    ("spec", "mask", "expected"),
    [
        (SessionSpec(title="two"), None, {**_KEPT, "title": "two"}),
        (SessionSpec(title="two"), [], {**_KEPT, "title": "two"}),
        (SessionSpec(title="two", tags=["b"]), ["title"], {**_KEPT, "title": "two"}),
        (SessionSpec(title="two"), ["tags"], {**_KEPT, "tags": []}),
        (SessionSpec(title="two"), ["*"], {"title": "two", "tags": [], "model_id": None, "capabilities": []}),
        (SessionSpec(title="two"), ["title", "title"], {**_KEPT, "title": "two"}),
    ],
)
def test_a_mask_chooses(
    spec: SessionSpec,
    mask: list[str] | None,
    expected: dict[str, Json],
    made: str,
    names: dict[str, Json],
    clients: Clients,
) -> None:
    request = UpdateSessionRequest(id=made, session=spec)
    if mask is not None:
        request.update_mask.CopyFrom(FieldMask(paths=mask))
    changed = clients.grpc.send(Call("UpdateSession").filled(names), request)
    assert isinstance(changed, Answer), changed
    assert expected.items() <= changed.content.items()


@pytest.mark.parametrize(
    ("mask", "reason", "field"),
    [
        (["titel"], "INVALID_UPDATE_MASK", "update_mask"),
        (["session.title"], "INVALID_UPDATE_MASK", "update_mask"),
        (["status"], "INVALID_UPDATE_MASK", "update_mask"),
        (["*", "title"], "INVALID_UPDATE_MASK", "update_mask"),
        (["agent_id"], "IMMUTABLE_FIELD", "agent_id"),
    ],
)
def test_a_mask_is_refused(
    mask: list[str], reason: str, field: str, made: str, names: dict[str, Json], clients: Clients
) -> None:
    request = UpdateSessionRequest(id=made, session=SessionSpec(title="t"), update_mask=FieldMask(paths=mask))
    refused = clients.grpc.send(Call("UpdateSession").filled(names), request)
    assert isinstance(refused, Failure)
    assert (refused.status, refused.reason) == ("INVALID_ARGUMENT", reason)
    assert [(v.field, v.reason) for v in refused.violations] == [(field, reason)]
    read = clients.grpc.call(Call("GetSession", id=made).filled(names))
    assert isinstance(read, Answer)
    assert _KEPT.items() <= read.content.items()
