from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from server.core.errors import Reason, ServiceError
from server.core.later import Later, Take

ERROR = ServiceError(Reason.QUEUE_FULL, "too much to do")


def answering(value: int) -> Later[int]:
    """A result that is there as soon as it is begun."""
    return Later(lambda tell: tell(lambda: value))


def raising(take: Take[int]) -> int:
    take()
    raise ERROR


def test_nothing_is_begun_before_somebody_asks() -> None:
    begun: list[bool] = []

    def begin(tell: Callable[[Take[int]], None]) -> None:
        begun.append(True)
        tell(lambda: 1)

    changed = Later(begin).then(lambda take: take() + 1)
    assert begun == []
    assert changed.result() == 2
    assert begun == [True]


def test_a_result_from_another_thread_is_waited_for() -> None:
    def begin(tell: Callable[[Take[str]], None]) -> None:
        threading.Timer(0.05, tell, [lambda: threading.current_thread().name]).start()

    # It is taken by the one who waits.
    assert Later(begin).result() == threading.current_thread().name


def not_begun(_: Callable[[Take[int]], None]) -> None:
    raise ERROR


FAILING = pytest.mark.parametrize(
    "failing", [Later(not_begun), answering(1).then(raising)], ids=["when begun", "when taken"]
)


@FAILING
def test_an_error_comes_out_where_the_result_is_taken(failing: Later[int]) -> None:
    told: list[Take[int]] = []
    failing.then(lambda take: take() + 1).begin(told.append)
    (take,) = told
    with pytest.raises(ServiceError) as caught:
        take()
    assert caught.value is ERROR
    with pytest.raises(ServiceError):
        failing.result()


@FAILING
def test_what_is_made_of_a_result_may_mend_an_error(failing: Later[int]) -> None:
    def mended(take: Take[int]) -> str:
        try:
            return str(take())
        except ServiceError as error:
            return error.reason.value

    assert failing.then(mended).result() == "QUEUE_FULL"
    assert answering(1).then(mended).result() == "1"
