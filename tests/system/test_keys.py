"""`python -m server keys`: a key is shown once, and kept as a digest only."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.system.processes import run, serving, wait_until
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.outcome import Answer, Failure

CREATE = ["server", "keys", "create", "--org", "acme"]
APPLY = Call("ApplyAgent", {"name": "a", "system_prompt": "p"})


def contents(directory: Path) -> bytes:
    """Everything in all files of a directory."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_a_key_is_shown_once_and_works(tmp_path: Path) -> None:
    made = run(CREATE, tmp_path)
    assert made.returncode == 0, made.stderr
    [key] = made.stdout.splitlines()
    assert key not in made.stderr
    with serving(tmp_path) as (process, channel):
        call = Call("ApplyAgent", APPLY.body, authorization=f"Bearer {key}")
        assert isinstance(GrpcClient(channel).call(call), Answer)
        kept = contents(tmp_path)
        assert key not in process.errors
    secret = key.removeprefix("evr_")
    assert hashlib.sha256(key.encode()).digest() in kept
    for text in (key, secret, secret[:20], secret[-20:]):
        assert text.encode() not in kept
        assert text.encode().hex().encode() not in kept


def test_keys_are_of_the_organization_of_that_name(tmp_path: Path) -> None:
    first, second, other = (
        run(["server", "keys", "create", "--org", org], tmp_path).stdout.strip() for org in ("a", "a", "b")
    )
    assert len({first, second, other}) == 3
    with serving(tmp_path) as (_, channel):
        client = GrpcClient(channel)
        made = client.call(Call("ApplyAgent", APPLY.body, authorization=first))
        assert isinstance(made, Answer)
        get = {
            key: client.call(Call("GetAgent", id=str(made.content["id"]), authorization=key))
            for key in (second, other)
        }
    assert get[second] == Answer(made.body)
    assert isinstance(get[other], Failure)


def test_a_key_may_have_fewer_scopes(tmp_path: Path) -> None:
    key = run([*CREATE, "--scopes", "read"], tmp_path).stdout.strip()
    with serving(tmp_path) as (_, channel):
        client = GrpcClient(channel)
        refused = client.call(Call("ApplyAgent", APPLY.body, authorization=key))
        listed = client.call(Call("ListAgents", authorization=key))
    assert isinstance(refused, Failure)
    assert refused.reason == "SCOPE_MISSING"
    assert isinstance(listed, Answer)


@pytest.mark.parametrize(
    "arguments", [[*CREATE, "--scopes", "everything"], CREATE[:3], [*CREATE, "--scopes", ""]]
)
def test_a_key_that_cannot_be_made(arguments: list[str], tmp_path: Path) -> None:
    ended = run(arguments, tmp_path)
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert ended.stderr


def test_the_schema_is_made_and_made_again(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run(["server", "migrate"], tmp_path)
        assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert (tmp_path / "everruns.db").exists()


def keys(directory: Path, *arguments: str) -> str:
    """What `keys …` of the organization prints."""
    ended = run(["server", "keys", *arguments, "--org", "acme"], directory)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def listed(directory: Path, *arguments: str) -> dict[str, list[str]]:
    """The columns of `keys list` by the names of keys, and `id` for the heading."""
    lines = [line.split("\t") for line in keys(directory, "list", *arguments).splitlines()]
    assert lines[0][0] == "id"
    return {columns[1]: columns for columns in lines[1:]}


def test_keys_are_listed_rotated_and_revoked(tmp_path: Path) -> None:
    expiry = "2999-01-02T03:04:05Z"
    first = keys(tmp_path, "create", "--name", "one", "--scopes", "admin,read").strip()
    keys(tmp_path, "create", "--name", "two", "--expires-at", expiry)
    found = listed(tmp_path)
    assert list(found) == ["two", "one"]
    assert found["one"][2] == "read,admin"
    assert (found["two"][4], found["one"][4]) == (expiry, "-")
    assert {columns[6] for columns in found.values()} == {"-"}
    id = found["one"][0]
    second = keys(tmp_path, "rotate", id, "--grace-seconds", "0").strip()
    assert second != first
    with serving(tmp_path) as (process, channel):
        client = GrpcClient(channel)
        outcomes = [client.call(Call("ListKeys", authorization=key)) for key in (first, second)]
        assert [isinstance(outcome, Answer) for outcome in outcomes] == [False, True]
        assert keys(tmp_path, "revoke", id) == ""
        # What another process has revoked ends here, too.
        wait_until(process, lambda: isinstance(client.call(Call("ListKeys", authorization=second)), Failure))
    assert list(listed(tmp_path)) == ["two"]
    assert listed(tmp_path, "--revoked")["one"][6] != "-"
    # It was written down when the server ended, if not before.
    assert listed(tmp_path, "--revoked")["one"][5] != "-"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--org", "nobody"], "there is no organization nobody"),
        (["revoke", "key_" + "0" * 32, "--org", "acme"], "there is no key key_"),
        (["rotate", "key_" + "0" * 32, "--org", "acme"], "there is no key key_"),
        (["revoke", "session_1", "--org", "acme"], 'must be "key_" and a UUID'),
        (["rotate", "key_1", "--org", "acme", "--grace-seconds", "-1"], "must be a number of seconds"),
        (["create", "--org", "acme", "--expires-at", "2001-01-01T00:00:00Z"], "must be a time to come"),
        (["create", "--org", "acme", "--expires-at", "2999-01-01"], "must be a time and its zone"),
        (["create", "--org", "acme", "--expires-at", "soon"], "must be a time and its zone"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], said: str, tmp_path: Path) -> None:
    keys(tmp_path, "create")
    ended = run(["server", "keys", *arguments], tmp_path)
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
