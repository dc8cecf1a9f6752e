"""Listening for what PostgreSQL tells of new events, on a connection that is opened anew when it is lost."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from typing import Final, cast

import psycopg
from peewee import Database, PeeweeException

from server.store.postgres import Connection
from server.store.session_events import CHANNEL
from server.store.session_signals import Tell

logger = logging.getLogger(__name__)

TRUSTED_FOR: Final = 5.0
"""How long, in seconds, nothing told is taken for nothing written: a pooler in transaction mode takes a
LISTEN, and then says nothing."""

_LOOK_UP: Final = 0.25
_PAUSE: Final = 0.5


def listen(database: Database, tell: Tell, stopping: threading.Event) -> None:
    """Tells of organizations as PostgreSQL does, and of any after a connection was lost, until it is
    stopped."""
    lost = False
    while not stopping.is_set():
        try:
            _listen(cast(Connection, database.connection()), tell, stopping)
        except (psycopg.Error, PeeweeException) as error:
            if not lost:
                logger.warning("cannot be told of events just now: %s", type(error).__name__)
            lost = True
            database.close()
            tell(None)
            stopping.wait(_PAUSE)
        else:
            lost = False


def _listen(connection: Connection, tell: Tell, stopping: threading.Event) -> None:
    connection.execute(f"LISTEN {CHANNEL}".encode())
    # What was written before is told to nobody.
    tell(None)
    told = time.monotonic()
    while not stopping.is_set():
        organizations = {_id(notice.payload) for notice in connection.notifies(timeout=_LOOK_UP)}
        if organizations:
            tell(organizations)
        elif time.monotonic() > told + TRUSTED_FOR:
            tell(None)
        else:
            continue
        told = time.monotonic()


def _id(payload: str) -> bytes:
    """The organization that is told of; zeros, which are none's, for what somebody else said."""
    try:
        return uuid.UUID(payload).bytes
    except ValueError:
        return bytes(16)
