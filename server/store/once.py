"""The answers of requests that came with an idempotency key."""

from __future__ import annotations

from typing import TypeVar, cast

from peewee import ModelDelete

from server.core.errors import Reason, ServiceError
from server.core.once import IDEMPOTENCY_WINDOW, Once, Replay
from server.store import models
from server.store.dialect import Dialect
from server.store.statement import compile_query, parameter, values_of
from server.store.transaction import Transaction

T = TypeVar("T")


class Answers:
    """Finds and keeps answers, within the transaction of the write that they are of."""

    def __init__(self, dialect: Dialect) -> None:
        self._key = dialect.key
        table = models.IdempotentAnswer
        here = table.organization_id == parameter("organization_id")
        same = here & (table.method == parameter("method")) & (table.request_key == parameter("request_key"))
        fields = table._meta.sorted_fields
        self._find = compile_query(
            dialect.database, table.select(table.fingerprint, table.answer, table.created_at).where(same)
        )
        self._forget = compile_query(
            dialect.database, ModelDelete(table).where(here & (table.created_at < parameter("before")))
        )
        self._keep = compile_query(dialect.database, table.insert(values_of(fields)))

    def find(self, transaction: Transaction, organization_id: bytes, once: Once[T]) -> Replay | None:
        """The answer to this request, if it came before within the window.

        Raises IDEMPOTENCY_KEY_REUSED when its key came with another content.
        """
        values = (self._key(organization_id), once.method, once.key)
        row = transaction.execute(self._find, values).fetchone()
        if row is None:
            return None
        fingerprint, answer, created_at = row
        if cast(int, created_at) <= once.now - IDEMPOTENCY_WINDOW:
            return None
        if fingerprint != once.fingerprint:
            raise ServiceError(
                Reason.IDEMPOTENCY_KEY_REUSED,
                "this idempotency key came with another request before; use a new one",
            )
        return Replay(cast(bytes, answer))

    def keep(self, transaction: Transaction, organization_id: bytes, once: Once[T], result: T) -> None:
        """Keeps the answer to a request that `find` did not find; the organization's old ones go."""
        oldest = once.now - IDEMPOTENCY_WINDOW + 1
        transaction.execute(self._forget, (self._key(organization_id), oldest))
        key, answer = self._key(organization_id), once.answer(result)
        values = (key, once.method, once.key, once.fingerprint, answer, once.now)
        transaction.execute(self._keep, values)
