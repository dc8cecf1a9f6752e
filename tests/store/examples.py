"""Organizations, agents and sessions that tests spell out, new ones each time."""

from __future__ import annotations

import hashlib
import math
import secrets
from typing import TypeVar

from server.core.agent import DEFAULT_MAX_ITERATIONS, Agent, AgentStatus
from server.core.caller import ApiKey, Organization, Scope
from server.core.clock import SystemClock
from server.core.errors import agent_not_found
from server.core.ids import format_id, new_id
from server.core.json import JsonObject
from server.core.layer import EMPTY, CapabilityConfig, Layer
from server.core.once import Once, Replay
from server.core.session import Session, SessionStatus
from server.core.session_store import SessionRow
from server.core.store import Store
from server.core.turn import DEFAULT_LEASE, Turn

T = TypeVar("T", Agent, Session, SessionRow)

now = SystemClock()
"""The time, each time later."""


def a_name() -> str:
    """A name that nothing else has."""
    return f"name-{secrets.token_hex(8)}"


def an_organization() -> Organization:
    """An organization that is not kept."""
    at = now()
    return Organization(new_id(at), a_name(), at)


def new_organization(store: Store) -> bytes:
    """The id of an organization that is kept."""
    return store.keys.create_organization(an_organization()).id


def a_key(organization_id: bytes) -> ApiKey:
    """A key that is not kept."""
    at = now()
    scopes = frozenset({Scope.READ, Scope.WRITE})
    return ApiKey(organization_id, new_id(at), a_name(), secrets.token_bytes(32), scopes, at)


def new_key(store: Store, organization_id: bytes) -> ApiKey:
    """A key that is kept."""
    key = a_key(organization_id)
    store.keys.create(key)
    return key


def an_agent(organization_id: bytes, name: str = "", at: int = 0) -> Agent:
    """An active agent that is not kept; its name and time are new unless they are given."""
    at = at or now()
    return Agent(
        organization_id=organization_id,
        id=new_id(at),
        name=name or a_name(),
        display_name=None,
        description=None,
        system_prompt="Be brief.",
        default_model_id=None,
        tags=(),
        capabilities=EMPTY,
        max_iterations=DEFAULT_MAX_ITERATIONS,
        status=AgentStatus.ACTIVE,
        created_at=at,
        updated_at=at,
    )


def new_agent(store: Store, organization_id: bytes, name: str = "") -> Agent:
    """An active agent that is kept."""
    return kept(store.agents.create(an_agent(organization_id, name), None, math.inf))


def a_session(
    agent: Agent,
    title: str | None = None,
    tags: tuple[str, ...] = (),
    status: SessionStatus = SessionStatus.STARTED,
    at: int = 0,
) -> Session:
    """A session that is not kept; its time is new unless it is given, and its id is of its time."""
    at = at or now()
    return Session(
        organization_id=agent.organization_id,
        id=new_id(at),
        agent_id=agent.id,
        title=title,
        tags=tags,
        model_id=None,
        capabilities=EMPTY,
        status=status,
        created_at=at,
        updated_at=at,
    )


def a_turn(session: Session) -> Turn:
    """A turn, the first of a session, that is not kept; it runs for a minute."""
    at = now()
    return Turn(
        organization_id=session.organization_id,
        session_id=session.id,
        id=new_id(at),
        token=1,
        worker="worker",
        lease=DEFAULT_LEASE,
        started_at=at,
        expires_at=at + DEFAULT_LEASE,
    )


def new_session(store: Store, agent: Agent, title: str | None = None) -> Session:
    """A session that is kept."""
    return kept(create(store, a_session(agent, title)))


def create(
    store: Store, session: Session, once: Once[SessionRow] | None = None, deadline: float = math.inf
) -> Session | Replay:
    """Keeps a session; AGENT_NOT_FOUND is raised when its agent is not there."""

    def make(agent: Agent | None) -> Session:
        if agent is None:
            raise agent_not_found(format_id("agent", session.agent_id))
        return session

    made = store.sessions.create(session.organization_id, session.agent_id, make, once, deadline).result()
    return made if isinstance(made, Replay) else made.session


def kept(written: T | Replay) -> T:
    """What a write kept, which is not the answer to an earlier one."""
    assert not isinstance(written, Replay)
    return written


def once(key: str, content: str = "", at: int = 0, method: str = "Create") -> Once[T]:
    """A write to happen once; what is kept of it is all that it made."""
    fingerprint = hashlib.sha256(content.encode()).digest()
    return Once(method, key, fingerprint, answer, at or now())


def answer(made: Agent | Session | SessionRow) -> bytes:
    """What `once` keeps."""
    return repr(made.session if isinstance(made, SessionRow) else made).encode()


def a_layer(**configs: JsonObject | None) -> Layer:
    """A layer of these capabilities."""
    return Layer.of(CapabilityConfig(ref, config) for ref, config in configs.items())
