"""What a watcher is told over time: each change once, in order, wherever it is cut and resumed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import grpc
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everruns.v1 import session_service_pb2_grpc
from everruns.v1.session_event_pb2 import SessionEvent, SessionEventType, WatchSessionsRequest
from server.app import App, build
from server.core.ids import parse_id
from server.core.store import Store
from server.rpc import watch_hub
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.render import enum_text
from tests.wire.harness.server import on, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

HANG = 60
"""After how many seconds a stream that was to go on is taken to hang."""

TAKES_LITTLE = [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0)]
"""The options of a channel whose client keeps little of what it does not read, however fast the network."""


class Watching:
    """A watcher of an organization, which is cut and resumed when a test says so."""

    def __init__(self, channel: grpc.Channel, names: dict[str, Json], **filter: object) -> None:
        self._stub = session_service_pb2_grpc.SessionServiceStub(channel)
        keys = cast("dict[str, str]", names["keys"])
        self._metadata = (("authorization", keys["owner"]), ("x-request-id", "r"))
        self._filter = filter
        self.token = ""
        self.begin()

    def begin(self) -> SessionEvent:
        """Begins, or goes on after what was seen last; the first message."""
        request = WatchSessionsRequest(resume_token=self.token, **self._filter)  # type: ignore[arg-type]
        self.stream = self._stub.WatchSessions(request, metadata=self._metadata, timeout=HANG)
        return self.next()

    def next(self) -> SessionEvent:
        """The next message."""
        event: SessionEvent = next(self.stream)
        self.token = event.resume_token
        return event

    def told(self, count: int) -> list[tuple[Json, str]]:
        """Type and title of the next events, bookmarks left out."""
        found: list[tuple[Json, str]] = []
        while len(found) < count:
            event = self.next()
            kind = enum_text(SessionEventType.DESCRIPTOR, event.type)
            if kind != "bookmark":
                found.append((kind, event.session.title))
        return found

    def end(self) -> Failure:
        """What the stream ends in."""
        with pytest.raises(grpc.RpcError) as ended:
            for _ in self.stream:
                pass
        return _failure(ended.value)


def _failure(error: grpc.RpcError) -> Failure:
    ended = cast(grpc.Call, error)
    return Failure(ended.code().name, _reason(ended), ended.details() or "")


def _reason(ended: grpc.Call) -> str:
    text = str(dict(ended.trailing_metadata() or ()).get("grpc-status-details-bin", b""))
    known = ("WATCHER_TOO_SLOW", "TOO_MANY_WATCHERS", "API_KEY_INVALID", "SERVER_UNAVAILABLE")
    return next((reason for reason in known if reason in text), "")


def session(client: GrpcClient, names: dict[str, Json], title: str, tags: list[Json]) -> str:
    """The id of a new session."""
    body: dict[str, Json] = {"agent_id": "$agent.id", "title": title, "tags": tags}
    made = client.call(Call("CreateSession", body).filled(names))
    assert isinstance(made, Answer)
    return str(made.content["id"])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.booleans()),
        st.tuples(st.just("tag"), st.booleans()),
        st.tuples(st.just("title"), st.just(True)),
        st.tuples(st.just("delete"), st.just(True)),
        st.tuples(st.just("cut"), st.booleans()),
        st.tuples(st.just("read"), st.just(True)),
    ),
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_a_watcher_that_is_cut_and_resumed_sees_each_change_once(
    steps: list[tuple[str, bool]], store: Store, clients: Clients
) -> None:
    names = with_agent(new_organization(store), clients.grpc)
    every = Watching(clients.grpc.channel, names)
    tagged = Watching(clients.grpc.channel, names, tags=["x"])
    expected: dict[Watching, list[tuple[Json, str]]] = {every: [], tagged: []}
    seen: dict[Watching, list[tuple[Json, str]]] = {every: [], tagged: []}
    last: tuple[str, str, bool] | None = None
    number = itertools.count()

    def note(kind: str, title: str, before: bool, after: bool) -> None:
        expected[every].append((kind, title))
        if kind == "changed" and before is not after:
            kind = "entered" if after else "left"
        if before or after:
            expected[tagged].append((kind, title))

    def catch_up() -> None:
        for watching, events in expected.items():
            seen[watching] += watching.told(len(events) - len(seen[watching]))

    for step, flag in [*steps, ("create", True), ("read", True)]:
        if step == "create":
            title = f"s{next(number)}"
            last = session(clients.grpc, names, title, ["x"] if flag else []), title, flag
            note("created", title, flag, flag)
        elif step == "read":
            catch_up()
        elif step == "cut":
            for watching in expected:
                watching.stream.cancel()
                if flag:
                    watching.begin()
            if not flag:
                for watching in expected:
                    watching.begin()
        elif last is not None:
            id, title, was = last
            call = Call("DeleteSession", id=id)
            if step == "tag":
                call = Call("UpdateSession", {"tags": ["x"] if flag else []}, id)
                note("changed", title, was, flag)
                last = id, title, flag
            elif step == "title":
                title = f"t{next(number)}"
                call = Call("UpdateSession", {"title": title}, id)
                note("changed", title, was, was)
                last = id, title, was
            else:
                note("deleted", title, was, was)
                last = None
            assert isinstance(clients.grpc.call(call.filled(names)), Answer)
    assert seen == expected
    for watching in expected:
        watching.stream.cancel()


@contextmanager
def running(directory: Path, **more: str) -> Iterator[tuple[App, Clients, dict[str, Json]]]:
    """A server of a test's own, and an organization with an agent."""
    app = build(settings_of(directory, **more))
    port = app.server.add_insecure_port("127.0.0.1:0")
    app.server.start()
    try:
        with connected(f"127.0.0.1:{port}") as clients:
            yield app, clients, with_agent(new_organization(app.store), clients.grpc)
    finally:
        app.watches.close()
        app.server.stop(None).wait()
        app.store.close()


def test_a_client_that_does_not_read_is_cut_off_and_resumes_where_it_was(tmp_path: Path) -> None:
    with ExitStack() as stack:
        app, clients, names = stack.enter_context(running(tmp_path, EVERRUNS_WATCH_BACKLOG="5"))
        taking_little = stack.enter_context(grpc.insecure_channel(clients.target, TAKES_LITTLE))
        slow, other = Watching(taking_little, names), Watching(clients.grpc.channel, names)
        # More than is kept for a client that takes nothing, on both ends of its connection.
        tags: list[Json] = ["x" * 90 + str(number) for number in range(50)]
        made = 0
        while app.watches.cut_off == 0:
            assert made < 5_000
            session(clients.grpc, names, f"s{made}", tags)
            made += 1
            assert other.told(1) == [("created", f"s{made - 1}")]
        seen: list[tuple[Json, str]] = []
        with pytest.raises(grpc.RpcError) as ended:
            seen += itertools.chain.from_iterable(iter(lambda: slow.told(1), None))
        found = _failure(ended.value)
        assert (found.status, found.reason) == ("RESOURCE_EXHAUSTED", "WATCHER_TOO_SLOW")
        slow.begin()
        seen += slow.told(made - len(seen))
        assert seen == [("created", f"s{number}") for number in range(made)]
        assert app.watches.sent >= 2 * made


def test_no_more_watchers_than_are_allowed(tmp_path: Path) -> None:
    with running(tmp_path, EVERRUNS_WATCHERS="1") as (_, clients, names):
        first = Watching(clients.grpc.channel, names)
        for client in (clients.grpc, clients.rest):
            refused = client.call(Call("WatchSessions").filled(names))
            assert isinstance(refused, Failure)
            assert refused.reason == "TOO_MANY_WATCHERS"
            assert refused.retry_after is not None
        first.stream.cancel()
        until = time.monotonic() + HANG
        while isinstance(clients.grpc.call(Call("WatchSessions").filled(names)), Failure):
            assert time.monotonic() < until


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_is_forgotten_is_a_gap(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with running(tmp_path, **on(database, request)) as (app, clients, names):
        watching = Watching(clients.grpc.channel, names)
        session(clients.grpc, names, "a", [])
        watching.stream.cancel()
        session(clients.grpc, names, "b", [])
        app.store.session_events.forget(bytes(16), 10, 2**62, 1, 10)
        first = watching.begin()
        assert enum_text(SessionEventType.DESCRIPTOR, first.type) == "gap"
        session(clients.grpc, names, "c", [])
        assert watching.told(1) == [("created", "c")]


def test_a_bookmark_comes_while_it_is_quiet(tmp_path: Path) -> None:
    with running(tmp_path, EVERRUNS_WATCH_BOOKMARK_SECONDS="1") as (_, clients, names):
        watching = Watching(clients.grpc.channel, names, tags=["none"])
        before = watching.token
        session(clients.grpc, names, "a", [])
        # What it is not told of moves its place on, too.
        while watching.token == before:
            assert enum_text(SessionEventType.DESCRIPTOR, watching.next().type) == "bookmark"


def test_a_worker_that_watches_its_session_is_told_to_stop(names: dict[str, Json], clients: Clients) -> None:
    id = session(clients.grpc, names, "a", [])
    begun = clients.grpc.call(Call("BeginTurn", query={"session_id": id, "worker": "w"}).filled(names))
    assert isinstance(begun, Answer)
    watching = Watching(clients.grpc.channel, names, session_ids=[id])
    assert isinstance(clients.grpc.call(Call("CancelTurn", id=id).filled(names)), Answer)
    event = watching.next()
    turn = cast("dict[str, Json]", begun.content["turn"])
    assert (event.turn.id, event.turn.cancel_requested) == (turn["id"], True)
    assert list(event.changed_paths) == ["turn.cancel_requested"]
    watching.stream.cancel()


def test_a_key_that_is_revoked_ends_its_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_hub, "KEYS_LOOKED_UP_EVERY", 0.1)
    with running(tmp_path) as (_, clients, names):
        keys = cast("dict[str, str]", names["keys"])
        watching = Watching(clients.grpc.channel, names)
        headers = {"authorization": keys["owner"]}
        with clients.rest.http.stream("GET", "/v1/sessions:watch", headers=headers) as response:
            lines = response.iter_lines()
            listed = clients.grpc.call(Call("ListKeys", authorization=keys["admin"]))
            assert isinstance(listed, Answer)
            data = cast("list[dict[str, Json]]", listed.content["data"])
            [owner] = [str(key["id"]) for key in data if key["name"] == "owner"]
            parse_id("key", owner)
            clients.grpc.call(Call("RevokeKey", id=owner, authorization=keys["admin"]))
            found = watching.end()
            assert (found.status, found.reason) == ("UNAUTHENTICATED", "API_KEY_INVALID")
            text = list(lines)
            assert "event: problem" in text
            assert '"code":"API_KEY_INVALID"' in text[text.index("event: problem") + 1]


def test_a_server_that_stops_ends_watches_as_retryable(tmp_path: Path) -> None:
    with running(tmp_path) as (app, clients, names):
        watching = Watching(clients.grpc.channel, names)
        keys = cast("dict[str, str]", names["keys"])
        headers = {"authorization": keys["owner"]}
        with clients.rest.http.stream("GET", "/v1/sessions:watch", headers=headers) as response:
            lines = response.iter_lines()
            assert next(lines) == "retry: 1000"
            app.watches.close()
            found = watching.end()
            assert (found.status, found.reason) == ("UNAVAILABLE", "SERVER_UNAVAILABLE")
            # A client that only has to come again is told nothing but the end.
            assert "event: problem" not in list(lines)
        refused = clients.grpc.call(Call("WatchSessions").filled(names))
        assert isinstance(refused, Failure)
        assert refused.reason == "SERVER_UNAVAILABLE"


def test_a_client_of_rest_that_leaves_leaves_nothing(clients: Clients, tmp_path: Path) -> None:
    with running(tmp_path) as (app, own, names):
        keys = cast("dict[str, str]", names["keys"])
        headers = {"authorization": keys["owner"]}
        assert own.rest.http.head("/v1/sessions:watch", headers=headers).status_code == 200
        with own.rest.http.stream("GET", "/v1/sessions:watch", headers=headers) as response:
            first = _event(response)
            session(own.grpc, names, "a", [])
            assert _event(response)[1] == "event: created"
        resumed = {**headers, "last-event-id": first[0].removeprefix("id: ")}
        # The header goes before the parameter, which a client of EventSource cannot change.
        with own.rest.http.stream("GET", "/v1/sessions:watch?resume_token=x", headers=resumed) as response:
            assert _event(response)[1] == "event: bookmark"
            assert _event(response)[1] == "event: created"
        until = time.monotonic() + HANG
        while app.watches.watchers():
            assert time.monotonic() < until


def _event(response: httpx.Response) -> list[str]:
    """The lines of the next event."""
    lines = response.__dict__.setdefault("lines_of_test", response.iter_lines())
    return list(
        itertools.takewhile(bool, itertools.dropwhile(lambda line: not line.startswith("id: "), lines))
    )
