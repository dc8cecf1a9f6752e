"""Stores full of what is hard to copy, and all that can be read of them."""

from __future__ import annotations

import math
import secrets
from contextlib import closing
from dataclasses import replace

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.audit import Actor, AuditedKind, AuditEvent, Change, Outcome
from server.core.caller import ApiKey
from server.core.ids import new_id
from server.core.json import MAX_SAFE_INTEGER, JsonObject
from server.core.once import Replay
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.core.turn import Turn, TurnOutcome
from server.store import models
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from server.store.table_rows import TableRows
from tests.store.examples import (
    a_key,
    a_layer,
    a_session,
    a_turn,
    an_agent,
    create,
    kept,
    new_organization,
    new_session,
    now,
    once,
)

NESTED: JsonObject = {
    "z": {
        "b": [1, 2.5, {"deep": [[], {}, None, "", [True, False, {"é🙂": '\u2028\\u0000\x01"'}]]}],
        "a": None,
    },
    "numbers": [0, -1, 1e-7, 5e-324, 0.1 + 0.2, 1 / 3, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, 123456.75],
    "": {"Z": 1, "a": 2, "aa": 3, "é": 4},
}
TEXTS = ["naïve 🙂 ﷽", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 e\u0301 é", "'quotes' \"and\" \\slashes\\ %s $1 ?", "two\nlines\t", "İıßſς"]
# A language's order of these is not that of their bytes.
KEYS = ["a", "B", "_", "Z", "b", "-", "~", "A-", "a_", "ab", "AB", "aB", "1", "10", "2", "!", "%s", "?"]


def new_store(url: str) -> PeeweeStore:
    """The store of a URL, its schema up to date."""
    dialect = open_dialect(url)
    migrate(dialect)
    return PeeweeStore(dialect)


def fill(url: str) -> None:
    """Makes two organizations with some dozen rows in every table."""
    with closing(new_store(url)) as store:
        store.shared_secret("page tokens")
        store.environments.keep(-(2**63), "".join(TEXTS))
        for _ in range(2):
            organization = new_organization(store)
            keys = (
                replace(a_key(organization), previous_sha256=secrets.token_bytes(32)),
                replace(a_key(organization), expires_at=now()),
            )
            for key in keys:
                store.keys.create(key)
            agents = [fill_agent(store, an_agent(organization), text) for text in TEXTS]
            for number, text in enumerate(KEYS):
                agent = agents[number % len(agents)]
                title = None if number % 5 == 0 else f"{text} {TEXTS[number % len(TEXTS)]}"
                session = a_session(agent, title, ("B", "a", TEXTS[0]), SessionStatus.IDLE)
                layer = a_layer(web_fetch=NESTED if number % 2 else None, current_time={})
                pinned = replace(session, pinned_version=1 if number % 3 == 0 else None, environment=-(2**63))
                create(store, replace(pinned, model_id="m", capabilities=layer), once(text))
                if number % 2:
                    store.sessions.pin(organization, session.id, keys[number % 4 // 2].id, math.inf)
                if number % 2 == 0:
                    fill_turns(store, session)
            gone = new_session(store, agents[0])
            fill_turns(store, gone)
            store.sessions.pin(organization, gone.id, keys[0].id, math.inf)
            store.sessions.delete(organization, gone.id, math.inf)
            archive(store, agents[1])
            store.agents.update(
                organization, agents[2].id, lambda agent: replace(agent, system_prompt="p"), math.inf
            )
            store.audit.add([an_event(keys[number % 2], text) for number, text in enumerate(KEYS)], math.inf)


def fill_agent(store: PeeweeStore, agent: Agent, text: str) -> Agent:
    """Keeps an agent with a text everywhere."""
    full = replace(
        agent,
        name=f"{agent.name} {text}",
        display_name=text,
        description=text * 3,
        system_prompt=text * 1000,
        tags=(text, "b", "a"),
        capabilities=a_layer(web_fetch=NESTED, bash=None),
    )
    return kept(store.agents.create(full, None, math.inf))


def fill_turns(store: PeeweeStore, session: Session) -> None:
    """Keeps a turn that failed, and one that runs."""
    first = a_turn(session)
    failed = replace(first, outcome=TurnOutcome.FAILED, error=TEXTS[0], ended_at=now(), expires_at=None)
    for turn in (first, failed, replace(a_turn(session), token=2, worker=TEXTS[1])):

        def change(session: Session, last: Turn | None, turn: Turn = turn) -> Turn:
            return turn

        store.turns.change(session.organization_id, session.id, None, change, None, math.inf)


def an_event(key: ApiKey, text: str) -> AuditEvent:
    """An event of the audit log, with a text everywhere."""
    at, change = now(), Change("config", NESTED, text)
    actor = Actor("UpdateAgent", key.id, text, text) if key.expires_at is None else Actor(text)
    resource: tuple[AuditedKind, bytes] = ("key", key.id)
    return AuditEvent(
        key.organization_id, new_id(at), at, actor, Outcome.DONE, resource=resource, changes=(change,)
    )


def archive(store: PeeweeStore, agent: Agent) -> None:
    """Archives an agent."""

    def change(agent: Agent) -> Agent:
        return replace(agent, status=AgentStatus.ARCHIVED)

    store.agents.update(agent.organization_id, agent.id, change, math.inf)


def row_counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with closing(open_dialect(url)) as dialect:
        return {table.name: table.count() for table in (TableRows(dialect, model) for model in models.TABLES)}


Contents = list[tuple[ApiKey | None, list[Agent], list[SessionRow], int, list[bytes]]]


def contents(url: str, keys: list[ApiKey]) -> Contents:
    """What the store answers of the organization of each key."""
    with closing(new_store(url)) as store:
        found: Contents = []
        for key in keys:
            page = PageRequest(size=100)
            agents = store.agents.list(key.organization_id, AgentFilter(include_archived=True), page)
            sessions = store.sessions.list(key.organization_id, SessionFilter(), page, key.id)
            answers = [
                create(store, a_session(agents.items[0]), once(request_key), math.inf) for request_key in KEYS
            ]
            repeated = [answer.answer for answer in answers if isinstance(answer, Replay)]
            items = list(sessions.items)
            found.append((store.keys.find(key.sha256), list(agents.items), items, sessions.total, repeated))
        return found


def keys_of(url: str) -> list[ApiKey]:
    """All keys of a store."""
    with closing(open_dialect(url)) as dialect:
        table = TableRows(dialect, models.ApiKey)
        hashes = [row[3] for rows in table.batches() for row in rows]
    with closing(new_store(url)) as store:
        found = [store.keys.find(sha256) for sha256 in hashes if isinstance(sha256, bytes)]
    return [key for key in found if key is not None]
