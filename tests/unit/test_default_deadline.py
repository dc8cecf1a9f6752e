"""A call that comes without a deadline has one all the same; one that has its own keeps it."""

from __future__ import annotations

import math
import time
from typing import cast

import grpc
import pytest

from server.core.caller import Caller
from server.rpc.calls import Call
from server.rpc.page_token import PageTokens

SECONDS = 60.0


class Context:
    """As much of a call's context as is asked for its deadline."""

    def __init__(self, left: float) -> None:
        self._left = left

    def time_remaining(self) -> float:
        return self._left


@pytest.mark.parametrize(
    ("left", "waits"),
    [(math.inf, SECONDS), (1e9, SECONDS), (3600.0, 3600.0), (5.0, 5.0), (0.0, 0.0)],
)
def test_how_long_a_call_waits(left: float, waits: float) -> None:
    caller = Caller(b"o" * 16, b"k" * 16, frozenset())
    call = Call(caller, cast(grpc.ServicerContext, Context(left)), PageTokens(b"s" * 32), SECONDS)
    before = time.monotonic()
    assert before + waits <= call.deadline <= time.monotonic() + waits
