"""Who changed what, as a real server tells it: an operator's commands, calls, and calls that were refused."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tests.system.processes import run, serving, wait_until
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.json_value import JsonObject
from tests.wire.harness.outcome import Answer, Failure

ORGANIZATION = ["--org", "acme"]


def test_commands_calls_and_refusals_are_told(tmp_path: Path) -> None:
    admin, reader = (
        run(["server", "keys", "create", *ORGANIZATION, "--scopes", scope], tmp_path).stdout.strip()
        for scope in ("admin", "read")
    )
    with serving(tmp_path) as (process, channel):
        client = GrpcClient(channel)

        def listed() -> list[JsonObject]:
            answer = client.call(Call("ListAuditEvents", authorization=admin))
            assert isinstance(answer, Answer)
            return cast("list[JsonObject]", answer.content["data"])

        second, first = listed()
        id = str(second["resource_id"])
        assert isinstance(client.call(Call("ListKeys", authorization=reader)), Failure)
        assert isinstance(client.call(Call("RotateKey", id=id, authorization=admin)), Answer)
        wait_until(process, lambda: len(listed()) == 4)
        denied, rotated = sorted(listed()[:2], key=lambda event: str(event["method"]))
        assert run(["server", "keys", "revoke", *ORGANIZATION, id], tmp_path).returncode == 0
        [revoked, *_] = listed()
    told = [(e["method"], e["actor"], e["outcome"]) for e in (first, second, rotated, denied, revoked)]
    assert told == [
        ("keys create", "operator", "done"),
        ("keys create", "operator", "done"),
        ("RotateKey", "api_key", "done"),
        ("ListKeys", "api_key", "denied"),
        ("keys revoke", "operator", "done"),
    ]
    assert (denied["reason"], denied["attempts"], denied["key_id"]) == ("SCOPE_MISSING", 1, id)
    assert (first["key_id"], first["key_name"], first["peer"]) == (None, None, None)
    assert revoked["resource_id"] == rotated["resource_id"] == id
