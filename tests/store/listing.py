"""What lists promise, in plain Python; and reading a list to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.page import Page, PageRequest
from server.core.session import Session, SessionFilter
from server.core.session_store import NO_KEY, SessionRow
from server.core.store import Store

T = TypeVar("T", Agent, Session)

Pages = Callable[[PageRequest], Page[T]]
"""A list with its filter, from which pages can be asked for."""


def newest_first(items: Iterable[T]) -> list[T]:
    """The order of all lists."""
    return sorted(items, key=lambda item: (item.created_at, item.id), reverse=True)


def lets_session_through(filter: SessionFilter, session: Session) -> bool:
    """Whether a list with this filter holds the session, pins apart."""
    return (
        (filter.agent_id is None or filter.agent_id == session.agent_id)
        and (filter.status is None or filter.status is session.status)
        and all(tag in session.tags for tag in filter.tags)
        and contains(session.title, filter.search)
        and (filter.created_after is None or filter.created_after <= session.created_at)
        and (filter.created_before is None or session.created_at < filter.created_before)
    )


def lets_agent_through(filter: AgentFilter, agent: Agent) -> bool:
    """Whether a list with this filter holds the agent."""
    texts = (agent.name, agent.display_name, agent.description)
    return (filter.include_archived or agent.status is AgentStatus.ACTIVE) and any(
        contains(text, filter.search) for text in texts
    )


def contains(text: str | None, part: str) -> bool:
    """Whether the text contains the part in any case; no part is in everything."""
    return not part or (text is not None and part.casefold() in text.casefold())


def sessions(
    store: Store, organization_id: bytes, filter: SessionFilter, key_id: bytes = NO_KEY
) -> Pages[Session]:
    """The list of sessions that a filter lets through, as it is to a key."""

    def session(row: SessionRow) -> Session:
        return row.session

    return lambda page: store.sessions.list(organization_id, filter, page, key_id).map(session)


def agents(store: Store, organization_id: bytes, filter: AgentFilter) -> Pages[Agent]:
    """The list of agents that a filter lets through."""
    return lambda page: store.agents.list(organization_id, filter, page)


def read_all(pages: Pages[T], size: int = 100) -> list[T]:
    """Every item, page after page."""
    items: list[T] = []
    after = None
    while True:
        page = pages(PageRequest(size, after=after))
        items += page.items
        assert len(page.items) <= size
        if page.next is None:
            return items
        assert len(page.items) == size
        assert page.next != after, "the list goes round in circles"
        after = page.next
