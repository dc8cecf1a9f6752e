"""An operator's table of models, a header with a key, a filter: what it is, or the one declared error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalog.file import CatalogFileError
from server.catalog.models import load_models
from server.core.api_key import PREFIX, digest, new_key
from server.core.audit import parse_resource
from server.core.errors import Reason, ServiceError
from server.core.ids import InvalidId, format_id
from server.usecases.authenticate import Authenticate

E = TypeVar("E", bound=Exception)

GOOD = '[[models]]\nid = "a"\nname = "A"\nprovider = "p"\naliases = ["b"]\n'
MUTATED = st.builds(
    lambda at, cut, new: GOOD[:at] + new + GOOD[at + cut :],
    st.integers(0, len(GOOD)),
    st.integers(0, 6),
    st.text(max_size=6)
    | st.sampled_from(["[", "=", '"""', "\0", "[[models]]\n", "1e999", "\\u0000", "1979-05-27"]),
)


class NoKeys:
    """In place of keys: there are none, and it says which were asked for."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def find(self, sha256: bytes) -> None:
        """No key."""
        self.asked.append(sha256)


def refusal(error: type[E], call: Callable[[], object]) -> E | None:
    """The error of this type that a call raises, None where it raises none; no other may be raised."""
    try:
        call()
    except error as raised:
        return raised
    return None


@settings(max_examples=200)
@given(st.binary(max_size=60) | MUTATED.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_table_of_models_is_read_or_refused_with_its_line(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "models.toml")
        path.write_bytes(content)
        error = refusal(CatalogFileError, lambda: load_models(path))
    if error is not None:
        assert error.path == path
        assert error.line is None or error.line in range(1, content.count(b"\n") + 2)
        assert len(str(error)) < 2_000


@given(
    st.text(max_size=80)
    | st.builds("{} {}".format, st.sampled_from(["Bearer", "ApiKey", "basic", ""]), st.text(max_size=60))
    | st.text(max_size=49).map(lambda text: PREFIX + text)
)
def test_a_header_with_no_key_is_refused_and_never_told(text: str) -> None:
    keys = NoKeys()
    error = refusal(ServiceError, lambda: Authenticate(keys)(text))
    assert error is not None
    assert error.reason in (Reason.API_KEY_MISSING, Reason.API_KEY_INVALID)
    assert len(text) <= 8 or text not in str(error)
    # Only what has the form and the checksum of a key is worth a question.
    assert keys.asked == []


def test_a_well_formed_key_is_asked_for_by_its_digest_alone() -> None:
    keys, key = NoKeys(), new_key()
    error = refusal(ServiceError, lambda: Authenticate(keys)(f"Bearer {key}"))
    assert error is not None
    assert error.reason is Reason.API_KEY_INVALID
    assert keys.asked == [digest(key)]


@given(st.text(max_size=60) | st.builds("{}_{}".format, st.sampled_from(["key", "agent", "turn"]), st.text()))
def test_a_resource_is_an_id_or_none(text: str) -> None:
    error = refusal(InvalidId, lambda: parse_resource(text))
    if error is not None:
        assert len(str(error)) < 300
        return
    kind, id = parse_resource(text)
    assert format_id(kind, id).replace("_", "") == text.lower().replace("-", "").replace("_", "")
