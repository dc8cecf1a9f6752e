"""The text of an API key: what is one, and that a mistyped one is none."""

from __future__ import annotations

import hashlib
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.api_key import PREFIX, digest, is_well_formed, new_key


def test_a_new_key_is_well_formed_and_new() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(map(is_well_formed, keys))


def test_a_key_has_its_prefix_and_fits_into_a_header() -> None:
    key = new_key()
    assert key.startswith(PREFIX)
    assert len(key) == 53
    assert set(key) <= set(string.ascii_letters + string.digits + "-_")


def test_any_one_changed_character_is_caught() -> None:
    """In every place, to every other ASCII character: a cyclic redundancy check answers to the place and
    the bits that changed alone, so what holds of one key holds of all."""
    key = new_key()
    survivors = [
        (place, bits)
        for place, character in enumerate(key)
        for bits in range(1, 128)
        if is_well_formed(key[:place] + chr(ord(character) ^ bits) + key[place + 1 :])
    ]
    assert survivors == []


@given(st.integers(0, 52), st.characters(min_codepoint=128))
def test_a_character_that_is_not_ascii_is_caught(place: int, character: str) -> None:
    key = new_key()
    assert not is_well_formed(key[:place] + character + key[place + 1 :])


def test_two_neighbours_in_the_wrong_order_are_caught() -> None:
    key = new_key()
    for place in range(len(key) - 1):
        swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
        assert swapped == key or not is_well_formed(swapped)


@pytest.mark.parametrize("cut", [0, 1, 4, 47, 52])
def test_a_part_of_a_key_is_none(cut: int) -> None:
    key = new_key()
    assert not is_well_formed(key[:cut])
    assert not is_well_formed(key[53 - cut :])


@pytest.mark.parametrize("more", ["\n", " ", "x", "\0", "é"])
def test_a_key_with_something_more_is_none(more: str) -> None:
    key = new_key()
    assert not is_well_formed(key + more)
    assert not is_well_formed(more + key)


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert not is_well_formed(text)


def key_of(secret: str, checked: str | None = None) -> str:
    """The key of a secret, made as the module says it is, with a checksum over another text at will."""
    value = zlib.crc32((checked or secret).encode("ascii"))
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "evr_" + secret + "".join(alphabet[value >> 5 * place & 31] for place in reversed(range(6)))


def test_the_checksum_is_thirty_bits_of_crc_32() -> None:
    key = new_key()
    assert key == key_of(key[4:-6])


@pytest.mark.parametrize("length", [0, 1, 42, 44, 100])
def test_a_secret_of_another_length_makes_no_key(length: int) -> None:
    assert is_well_formed(key_of("x" * 43))
    assert not is_well_formed(key_of("x" * length))


def test_a_secret_that_is_not_ascii_makes_no_key() -> None:
    assert not is_well_formed(key_of("é" * 43, checked="?" * 43))


def test_only_the_digest_is_kept() -> None:
    key = new_key()
    assert digest(key) == hashlib.sha256(key.encode("ascii")).digest()
