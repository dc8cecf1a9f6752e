"""Every example of the README runs, and prints what the README says."""

from __future__ import annotations

import json

import pytest

from server.catalog.load import load_catalog
from tests.readme.blocks import README, Example, blocks, examples
from tests.readme.likeness import differences, is_like
from tests.readme.transcript import Transcript
from tests.readme.unsteady import unsteady

EXAMPLES = examples(README.read_text())
GRPCURL = [example for example in EXAMPLES if example.calls("grpcurl")]
OTHERS = [example for example in EXAMPLES if example not in GRPCURL]


def check(example: Example, transcript: Transcript) -> None:
    """Fails unless the example went well and printed what stands below it."""
    ran = transcript.ran[example]
    assert ran.exit_code == 0, f"{example}: {ran.stderr}{ran.stdout}"
    if example.output is None:
        return
    shown = example.output.text
    if example.output.language == "json":
        assert not differences(json.loads(shown), json.loads(ran.stdout)), ran.stdout
    else:
        assert is_like(shown, ran.stdout), f"{example} printed:\n{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("example", OTHERS, ids=str)
def test_example(example: Example, transcript: Transcript) -> None:
    check(example, transcript)


@pytest.mark.parametrize("example", GRPCURL, ids=str)
def test_example_of_grpcurl(example: Example, transcript: Transcript, grpcurl: str) -> None:
    check(example, transcript)


def test_every_block_is_looked_at() -> None:
    every = blocks(README.read_text())
    assert {block.language for block in every} == {"bash", "python", "toml", "json", "text", "sh"}
    shown = [example.output for example in EXAMPLES if example.output]
    assert all(output.language in ("json", "text") for output in shown)
    assert [block for block in every if block.language == "json" and block not in shown] == []
    assert {example.block.language for example in EXAMPLES if example.output} == {"bash"}


def test_the_operators_capability_is_in_the_catalog(transcript: Transcript) -> None:
    [block] = [example.block for example in EXAMPLES if example.block.language == "toml"]
    with_it, without = (
        {capability.id for capability in load_catalog(path)} for path in (transcript.catalog, None)
    )
    assert with_it - without == {block.file_name.removesuffix(".toml")}


def test_the_client_asks_again_with_the_same_request_id(transcript: Transcript) -> None:
    [example] = [example for example in EXAMPLES if "request_id=" in example.block.text]
    text = (transcript.directory / example.block.file_name).read_text()
    with unsteady(transcript.grpc_port) as (handler, port):
        name = "unsteady_client.py"
        changed = text.replace(f":{transcript.grpc_port}", f":{port}")
        (transcript.directory / name).write_text(changed)
        ran = transcript.run([".venv/bin/python", name])
    assert ran.exit_code == 0, ran.stderr
    # The title, in the first line, was changed since by another example.
    assert ran.stdout.splitlines()[1:] == transcript.ran[example].stdout.splitlines()[1:]
    first, *again = handler.request_ids[:4]
    assert first
    assert again == [first] * 3
