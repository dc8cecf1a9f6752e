from __future__ import annotations

import pytest

from gateway import headers
from gateway.problem import Problem


def test_values_are_found_by_name_and_repeated_ones_are_joined() -> None:
    found = headers.by_name([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")])
    assert found == {b"a": b"1, 3", b"b": b"2"}


@pytest.mark.parametrize("given", [b"r", b"req-1/2~!", b"x" * 128])
def test_a_good_request_id_is_kept(given: bytes) -> None:
    assert headers.request_id({b"x-request-id": given}) == given.decode()


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a\tb", "é".encode(), b"a, b", b"a\n"])
def test_a_bad_request_id_is_replaced(given: bytes) -> None:
    first = headers.request_id({b"x-request-id": given})
    assert first != given.decode("latin-1")
    assert len(first) == 32
    assert first != headers.request_id({b"x-request-id": given})


@pytest.mark.parametrize("key", [b"Bearer K", b"ApiKey K", b"K", b""])
def test_the_key_goes_to_the_server_as_it_came(key: bytes) -> None:
    metadata = headers.to_metadata({b"authorization": key, b"x-org-id": b"org_1"}, "r")
    assert dict(metadata) == {"x-request-id": "r", "authorization": key.decode(), "x-org-id": "org_1"}


def test_without_headers_only_the_request_id_goes_to_the_server() -> None:
    assert headers.to_metadata({}, "r") == (("x-request-id", "r"),)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "192.0.2.7"),
        (b"", "192.0.2.7"),
        (b"198.51.100.1", "198.51.100.1, 192.0.2.7"),
        (b"caf\xc3\xa9", "192.0.2.7"),
        (b"a" * 5000, "a" * 200 + ", 192.0.2.7"),
    ],
)
def test_whom_a_call_is_for_is_told_with_the_clients_address_last(given: bytes | None, told: str) -> None:
    came = {} if given is None else {b"x-forwarded-for": given}
    assert headers.to_metadata(came, "r", "192.0.2.7")[1:] == (("x-forwarded-for", told),)


@pytest.mark.parametrize("value", [b"caf\xc3\xa9", b"\xff", b"a\tb", b"a\n", b"\x7f"])
def test_what_grpc_cannot_carry_is_refused(value: bytes) -> None:
    with pytest.raises(Problem) as refused:
        headers.to_metadata({b"authorization": value}, "r")
    assert (refused.value.code, refused.value.status) == ("API_KEY_INVALID", 401)
    with pytest.raises(Problem) as refused:
        headers.to_metadata({b"x-org-id": value}, "r")
    assert [violation.field for violation in refused.value.violations] == ["X-Org-Id"]


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, 30), (b"1.5", 1.5), (b"30", 30), (b"31", 30), (b" 2 ", 2), (b"1e-3", 0.001)]
)
def test_a_caller_can_ask_for_less_time(given: bytes | None, seconds: float) -> None:
    assert headers.timeout({} if given is None else {b"x-request-timeout": given}, 30) == seconds


@pytest.mark.parametrize("given", [b"", b"0", b"-1", b"nan", b"inf", b"soon", b"1, 2", b"\xff"])
def test_a_timeout_that_is_no_time_is_refused(given: bytes) -> None:
    with pytest.raises(Problem) as refused:
        headers.timeout({b"x-request-timeout": given}, 30)
    assert refused.value.code == "INVALID_FIELD"
    assert [violation.field for violation in refused.value.violations] == ["X-Request-Timeout"]


@pytest.mark.parametrize(("given", "key"), [(b"k", "k"), (b"a b", "a b"), (b"\xff\x80", "\xff\x80")])
def test_an_idempotency_key_is_left_to_the_server(given: bytes, key: str) -> None:
    assert headers.idempotency_key({b"idempotency-key": given}) == key


def test_an_empty_idempotency_key_is_not_taken_for_none() -> None:
    assert headers.idempotency_key({}) is None
    with pytest.raises(Problem) as refused:
        headers.idempotency_key({b"idempotency-key": b""})
    assert [violation.field for violation in refused.value.violations] == ["Idempotency-Key"]
