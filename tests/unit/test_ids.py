"""Ids: one UUID, spelled in the ways that are accepted, and nothing else."""

from __future__ import annotations

import uuid
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.ids import HARNESS_ID, InvalidId, Kind, first_id, format_id, new_id, parse_id

KINDS: tuple[Kind, ...] = get_args(Kind)
KIND = st.sampled_from(KINDS)
KEY = st.binary(min_size=16, max_size=16)
DIGITS = "0192f3a17c5e7d3e8f0a1b2c3d4e5f60"
HYPHENATED = "0192f3a1-7c5e-7d3e-8f0a-1b2c3d4e5f60"

MICROSECONDS = st.integers(0, 2**48 * 1000 - 1)


@given(KIND, KEY)
def test_an_id_is_read_back_from_its_public_form(kind: Kind, key: bytes) -> None:
    assert parse_id(kind, format_id(kind, key)) == key


@given(KIND, KEY)
def test_the_public_form_is_a_prefix_and_32_lowercase_hex_digits(kind: Kind, key: bytes) -> None:
    assert format_id(kind, key) == f"{kind}_{uuid.UUID(bytes=key).hex}"


@given(KIND, KEY, st.booleans(), st.booleans())
def test_hyphens_and_capitals_name_the_same(kind: Kind, key: bytes, hyphens: bool, capitals: bool) -> None:
    digits = str(uuid.UUID(bytes=key)) if hyphens else key.hex()
    text = f"{kind}_{digits}"
    assert parse_id(kind, text.upper() if capitals else text) == key


@given(KIND, KIND, KEY)
def test_another_kinds_prefix_is_refused(kind: Kind, other: Kind, key: bytes) -> None:
    if kind != other:
        with pytest.raises(InvalidId, match=f'must be "{kind}_" and a UUID'):
            parse_id(kind, format_id(other, key))


JUNK = [
    "",
    "_",
    "agent",
    "agent_",
    DIGITS,
    f"agents_{DIGITS}",
    f"agent-{DIGITS}",
    f" agent_{DIGITS}",
    f"agent _{DIGITS}",
    f"agent_{DIGITS} ",
    f"agent_{DIGITS}\n",
    f"agent_{DIGITS[:31]}",
    f"agent_{DIGITS}0",
    f"agent_{DIGITS[:31]}g",
    f"agent_{DIGITS[:31]}\u0660",
    f"agent_{DIGITS[:31]}\uff11",
    f"agent_{DIGITS[:30]}  ",
    f"agent_{' '.join(DIGITS[i : i + 2] for i in range(0, 22, 2))}",
    f"agent_ {DIGITS[:30]} ",
    f"agent_0x{DIGITS[:30]}",
    f"agent_{{{HYPHENATED}}}",
    f"agent_urn:uuid:{HYPHENATED}",
    f"agent_{HYPHENATED[:-1]}",
    f"agent_{HYPHENATED}0",
    f"agent_{HYPHENATED.replace('-', '_')}",
    f"agent_{HYPHENATED[1:]}-",
    f"agent_{DIGITS[:16]}-{DIGITS[16:]}",
    f"agent_{'-' * 36}",
    f"agent_{'-' * 32}",
    "agent_0192f3a-17c5e-7d3e-8f0a-1b2c3d4e5f60",
    f"agent_{HYPHENATED[:-4]}-e5f",
    f"agent__{DIGITS}",
    f"agent_agent_{DIGITS}",
    f"\u0430gent_{DIGITS}",
    f"agent_{DIGITS}\0",
    "agent_" + "0" * 100_000,
]


@pytest.mark.parametrize("text", JUNK, ids=range(len(JUNK)))
def test_junk_is_refused(text: str) -> None:
    with pytest.raises(InvalidId) as refusal:
        parse_id("agent", text)
    assert len(str(refusal.value)) < 200


def test_letters_that_are_only_like_the_prefix_are_refused() -> None:
    # The Kelvin sign is a k in lower case.
    with pytest.raises(InvalidId):
        parse_id("key", f"\u212aey_{DIGITS}")


def _mutated(kind: Kind, key: bytes, hyphens: bool, place: int, put: str, length: int) -> str:
    text = f"{kind}_{uuid.UUID(bytes=key) if hyphens else key.hex()}"
    place %= len(text)
    return text[:place] + put + text[place + length :]


@given(
    KIND,
    st.text()
    | st.builds(_mutated, KIND, KEY, st.booleans(), st.integers(0), st.text(max_size=2), st.integers(0, 3)),
)
@example("agent", "agent_\ud800")
def test_any_text_is_an_id_in_an_accepted_spelling_or_refused(kind: Kind, text: str) -> None:
    try:
        key = parse_id(kind, text)
    except InvalidId:
        return
    prefix, _, digits = text.partition("_")
    assert prefix.lower() == kind
    assert digits.lower() in (key.hex(), str(uuid.UUID(bytes=key)))


@given(MICROSECONDS)
def test_a_new_id_is_a_uuid_of_version_7(microseconds: int) -> None:
    made = uuid.UUID(bytes=new_id(microseconds))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    milliseconds, rest = divmod(microseconds, 1000)
    assert made.int >> 80 == milliseconds
    # RFC 9562, section 6.2, method 3: the fraction of the millisecond in 4096ths.
    assert made.int >> 64 & 0xFFF == int(rest / 1000 * 4096)


@given(MICROSECONDS, MICROSECONDS)
def test_new_ids_sort_as_their_times(one: int, other: int) -> None:
    if one != other:
        assert (new_id(one) < new_id(other)) is (one < other)


@given(MICROSECONDS.filter(lambda time: time > 0))
def test_new_ids_sort_to_the_microsecond(time: int) -> None:
    assert new_id(time - 1) < new_id(time)


@given(MICROSECONDS, MICROSECONDS)
def test_a_first_id_parts_the_ids_of_earlier_from_those_of_later_times(bound: int, time: int) -> None:
    assert (new_id(time) >= first_id(bound)) is (time >= bound)


@given(MICROSECONDS.filter(lambda time: time > 0))
def test_a_first_id_parts_two_microseconds(time: int) -> None:
    assert new_id(time - 1) < first_id(time) <= new_id(time)


@given(st.integers(max_value=-1))
def test_before_1970_there_are_no_ids(time: int) -> None:
    assert first_id(time) == first_id(0) <= new_id(0)


def test_new_ids_of_one_time_differ() -> None:
    assert len({new_id(1_700_000_000_000_000) for _ in range(1000)}) == 1000


def test_the_harness_has_an_id_of_its_kind() -> None:
    assert parse_id("harness", HARNESS_ID) == (1).to_bytes(16, "big")
