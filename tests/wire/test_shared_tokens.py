"""Page tokens hold in every process on one database, and are forged by none."""

from __future__ import annotations

from pathlib import Path

from everruns.v1.session_service_pb2 import ListSessionsRequest
from server.core.ids import parse_id
from server.rpc.page_token import PageTokens
from tests.wire.harness.call import Call
from tests.wire.harness.clients import connected
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

LIST = Call("ListSessions", query={"limit": 1})


def test_a_token_of_one_process_leads_on_in_another_and_after_a_restart(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with (
        running_server(settings) as (store, first),
        running_server(settings) as (_, second),
        connected(first) as one,
        connected(second) as other,
    ):
        names = with_agent(new_organization(store), one.grpc)
        for _ in range(3):
            one.grpc.call(Call("CreateSession", {"agent_id": "$agent.id"}).filled(names))
        page = one.grpc.call(LIST.filled(names))
        assert isinstance(page, Answer)
        token = page.content["next_page_token"]
        go_on = Call("ListSessions", query={"limit": 1, "page_token": token}).filled(names)
        answers = [client.call(go_on) for client in (one.grpc, one.rest, other.grpc, other.rest)]
    with running_server(settings) as (_, third), connected(third) as again:
        answers.append(again.grpc.call(go_on))
        organization = parse_id("org", str(names["org"]))
        forged = PageTokens(b"guessed").next_page_token(ListSessionsRequest(), organization, (1, b"i" * 16))
        refused = again.grpc.call(Call("ListSessions", query={"page_token": forged}).filled(names))
    assert isinstance(answers[0], Answer)
    assert answers[0].content["data"] != page.content["data"]
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(refused, Failure)
    assert refused.reason == "INVALID_PAGE_TOKEN"
