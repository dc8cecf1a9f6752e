"""Agents as documents: what is written is read as the same; what cannot be read is refused by its place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.errors import Reason, ServiceError
from server.core.json import JsonObject
from server.core.layer import CapabilityConfig, Layer
from server.rpc import agent_document, decode
from tests.unit.agent_documents import AGENTS, HOSTILE, HOSTILE_TEXTS

YAML = "name: a\nsystem_prompt: p\nmax_iterations: "
FENCE = "---\nname: a\n---\n"


def spec_of(agent: Agent) -> AgentSpec:
    return AgentSpec(
        name=agent.name,
        system_prompt=agent.system_prompt,
        display_name=agent.display_name,
        description=agent.description,
        default_model_id=agent.default_model_id,
        tags=agent.tags,
        capabilities=agent.capabilities,
        max_iterations=agent.max_iterations,
    )


@given(AGENTS)
def test_what_is_written_is_read_as_the_same_agent(agent: Agent) -> None:
    text = agent_document.write(agent)
    for content_type in ("text/markdown", "text/plain; charset=UTF-8", ""):
        document = agent_document.read(content_type, text.encode())
        assert document.named
        assert decode.agent_spec(document.spec) == spec_of(agent)


def test_no_text_of_a_config_is_read_as_anything_else() -> None:
    config: JsonObject = {text: text for text in HOSTILE_TEXTS}
    layer = Layer.of([CapabilityConfig("a", config)])
    agent = Agent(b"", b"", "n", None, None, "p", None, (), layer, 100, AgentStatus.ACTIVE, 1, 2)
    assert read(agent_document.write(agent)).capabilities == layer


@pytest.mark.parametrize("prompt", ["p", "p\n", "\n\np", "p\r\n", "---\na: 1\n---\n", "  "])
def test_the_prompt_is_the_text_after_the_head(prompt: str) -> None:
    spec = AgentSpec("n", prompt)
    agent = Agent(
        b"", b"", "n", None, None, prompt, None, (), spec.capabilities, 100, AgentStatus.ACTIVE, 1, 1
    )
    assert agent_document.write(agent) == f"---\nname: n\nmax_iterations: 100\n---\n\n{prompt}\n"


def read(text: str | bytes, content_type: str = "") -> AgentSpec:
    data = text if isinstance(text, bytes) else text.encode()
    return decode.agent_spec(agent_document.read(content_type, data).spec)


READ = {
    "a text": ("Be kind.", AgentSpec("imported-agent", "Be kind.")),
    "a text with an end of line": ("Be kind.\n", AgentSpec("imported-agent", "Be kind.")),
    "a text of Windows": ("Be\r\nkind.\r\n", AgentSpec("imported-agent", "Be\r\nkind.")),
    "a text with a byte order mark": ("\ufeffBe kind.", AgentSpec("imported-agent", "Be kind.")),
    "a text like YAML": (
        "Rule: be kind.\nAsk: often.",
        AgentSpec("imported-agent", "Rule: be kind.\nAsk: often."),
    ),
    "a text with a rule": ("---\nBe kind.", AgentSpec("imported-agent", "---\nBe kind.")),
    "a heading": (
        "Hi\n\n## Crème & Co. ##\nBe kind.",
        AgentSpec("creme-co", "Hi\n\n## Crème & Co. ##\nBe kind."),
    ),
    "a heading of no letters": ("# 日本\nBe kind.", AgentSpec("imported-agent", "# 日本\nBe kind.")),
    "a head": (f"{FENCE}\nBe kind.\n", AgentSpec("a", "Be kind.")),
    "a head and no empty line": (f"{FENCE}Be kind.", AgentSpec("a", "Be kind.")),
    "a head of Windows": ("---\r\nname: a\r\n---\r\n\r\nBe\r\nkind.\r\n", AgentSpec("a", "Be\r\nkind.")),
    "a head with the prompt": ("---\nname: a\nsystem_prompt: p\n---\n\n", AgentSpec("a", "p")),
    "an empty head": ("---\n---\n# Kind One\n", AgentSpec("kind-one", "# Kind One")),
    "YAML": ("# one\n\nname: a\nsystem_prompt: |\n  Be\n  kind.\n", AgentSpec("a", "Be\nkind.\n")),
    "YAML with a beginning": ("---\nsystem_prompt: p\nname: a\n", AgentSpec("a", "p")),
    "scalars as the fields need them": (
        "name: 2024-01-01\nsystem_prompt: 0x10\ntags: [yes, 1.0, '~']\n"
        "max_iterations: 0x10\ndescription: ~\n",
        AgentSpec("2024-01-01", "0x10", tags=("yes", "1.0", "~"), max_iterations=16),
    ),
    "scalars of a config": (
        "name: a\nsystem_prompt: p\ncapabilities: [b, {ref: c, config: "
        "{1: 2024-01-01, t: 1e3, y: yes, b: true, n: ~, o: 0o17, s: '1', x: -0x1}}]",
        AgentSpec(
            "a",
            "p",
            capabilities=Layer.of(
                [
                    CapabilityConfig("b"),
                    CapabilityConfig(
                        "c",
                        {
                            "1": "2024-01-01",
                            "t": 1000,
                            "y": "yes",
                            "b": True,
                            "n": None,
                            "o": 15,
                            "s": "1",
                            "x": "-0x1",
                        },
                    ),
                ]
            ),
        ),
    ),
    "keys of the wider API that are empty": (
        "name: a\nsystem_prompt: p\ntools: []\nmcp_servers: {}\nlocale: ~\nstatus: ''",
        AgentSpec("a", "p"),
    ),
    "JSON": ('{"name": "a", "system_prompt": "\\ud83d\\ude00", "tags": null}', AgentSpec("a", "😀")),
}


@pytest.mark.parametrize(("text", "spec"), READ.values(), ids=READ)
def test_a_document_that_shows_what_it_is(text: str, spec: AgentSpec) -> None:
    assert read(text) == read(text, "text/plain") == spec


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("application/json; charset=utf-8", '{"name": "a", "system_prompt": "p"}'),
        ("application/yaml", '{"name": "a", "system_prompt": "p"}'),
        ("Text/YAML", "system_prompt: p\nname: a"),
        ("text/markdown", f"{FENCE}\np\n"),
    ],
)
def test_a_document_of_a_declared_type(content_type: str, text: str) -> None:
    assert read(text, content_type) == AgentSpec("a", "p")


@pytest.mark.parametrize("number", ["50", "50.0", "5e1"])
def test_a_whole_number_may_be_written_as_a_fraction(number: str) -> None:
    for text in (f'{{"name": "a", "system_prompt": "p", "max_iterations": {number}}}', YAML + number):
        assert read(text).max_iterations == 50


def refusal(text: str | bytes, content_type: str = "") -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read(text, content_type)
    return caught.value


UNREADABLE = {
    "nothing": ("", "is empty"),
    "blanks": (" \n\t\n", "is empty"),
    "bytes that are not UTF-8": (b"a\n\xff", "line 2: is not UTF-8"),
    "UTF-16": ("name: a".encode("utf-16"), "line 1: is not UTF-8"),
    "YAML that is none": ("name: a\nsystem_prompt: [", "line 3: is not YAML"),
    "YAML that is none in a head": ("---\nname: a\n: : b\n---\n", "line 3: is not YAML"),
    "an alias": ("name: &x a\nsystem_prompt: *x", "line 2: the alias *x is not taken"),
    "a tag": ("name: a\nsystem_prompt: !!python/object/apply:os.system ['true']", "line 2: the tag"),
    "a tag of a text": ("name: !!str a\nsystem_prompt: p", "line 1: the tag"),
    "a tag in a list": ("name: a\nsystem_prompt: p\ntags:\n  - !local b", "line 4: the tag !local"),
    "a key twice": ("name: a\nsystem_prompt: p\n'name': b", "line 3: the key name is there twice"),
    "a key twice, far in": (
        "name: a\nsystem_prompt: p\ncapabilities:\n- ref: b\n  config:\n    c: 1\n    c: 2",
        "line 7: the key c is there twice",
    ),
    "a key that is a list": ("name: a\nsystem_prompt: p\n? [b]\n: c", "line 3: a key must be a text"),
    "two documents": (
        "name: a\nsystem_prompt: p\n---\nname: b\nsystem_prompt: p",
        "line 3: only one document",
    ),
    "a control character": ("name: a\nsystem_prompt: \x01", "control characters"),
    "a head that is a list": ("---\n- a\n---\np", "must be keys and values"),
    "JSON that is none": ('{"name": "a",\n"system_prompt": }', "line 2: is not JSON"),
    "JSON with a key twice": ('{"name": "a", "name": "b"}', "the key name is there twice"),
    "JSON that is deep": ('{"a":' * 100_000, "nested too deeply"),
    "YAML that is deep": (
        "name: a\nsystem_prompt: p\ntags: " + "[" * 900,
        "line 3: is nested deeper than 64",
    ),
    "YAML that is deeper": ("name: a\nsystem_prompt: p\ntags: " + "[" * 100_000, "line"),
    "YAML of many values": ("name: a\nsystem_prompt: p\ntags: [" + "0," * 200_000 + "]", "more than 100000"),
}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_document_that_cannot_be_read(text: str | bytes, said: str) -> None:
    error = refusal(text)
    assert (error.reason, error.violations) == (Reason.INVALID_DOCUMENT, ())
    assert said in error.message


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    error = refusal("\n".join(["name: a", "system_prompt: p", *lines]))
    assert (error.reason, error.message[:7]) == (Reason.INVALID_DOCUMENT, "line 4:")


WRONG = {
    "everything at once": (
        "name: []\nsystem_prompt: {}\ntags: [1, ~]\nmax_iterations: many\n"
        "default_model_id: a b\nnmae: x\nstatus: active",
        [
            ("name", Reason.INVALID_FIELD),
            ("system_prompt", Reason.INVALID_FIELD),
            ("tags[1]", Reason.INVALID_FIELD),
            ("max_iterations", Reason.INVALID_FIELD),
            ("nmae", Reason.UNKNOWN_FIELD),
            ("status", Reason.OUTPUT_ONLY_FIELD),
            ("default_model_id", Reason.INVALID_FIELD),
        ],
    ),
    "a prompt twice": ("---\nname: a\nsystem_prompt: p\n---\nq", [("system_prompt", Reason.INVALID_FIELD)]),
    "no prompt": ("---\nname: a\n---\n", [("system_prompt", Reason.REQUIRED_FIELD_MISSING)]),
    "no name": ("system_prompt: p\ntags: []", [("name", Reason.REQUIRED_FIELD_MISSING)]),
    "NUL": ("a\0b", [("system_prompt", Reason.INVALID_FIELD)]),
    "an escaped NUL": ('name: "\\0"\nsystem_prompt: p', [("name", Reason.INVALID_FIELD)]),
    "half of a pair": ('{"name": "\\ud800", "system_prompt": "p"}', [("name", Reason.INVALID_FIELD)]),
    "a text for a number": (
        'name: a\nsystem_prompt: p\nmax_iterations: "5"',
        [("max_iterations", Reason.INVALID_FIELD)],
    ),
    "a number for a text": ('{"name": 1, "system_prompt": "p"}', [("name", Reason.INVALID_FIELD)]),
    "a number that is too large": (
        "name: a\nsystem_prompt: p\nmax_iterations: 9999999999",
        [("max_iterations", Reason.INVALID_FIELD)],
    ),
    "too many iterations": (
        "name: a\nsystem_prompt: p\nmax_iterations: 1001",
        [("max_iterations", Reason.LIMIT_EXCEEDED)],
    ),
    "numbers that no double holds": (
        "name: a\nsystem_prompt: p\ncapabilities: "
        f"[{{ref: b, config: {{a: .inf, b: [.nan], c: {2**53 + 1}, d: {'9' * 5000}}}}}]",
        [
            (f"capabilities[0].config.{key}", Reason.NUMBER_NOT_REPRESENTABLE)
            for key in ("a", "b[0]", "c", "d")
        ],
    ),
    "capabilities that are none": (
        "name: a\nsystem_prompt: p\ncapabilities: [{}, {ref: b, conf: 1}, [], {ref: b, config: []}, UP, "
        "{ref: b, mode: unspecified}, {ref: b, locked: /a}]",
        [
            ("capabilities[1].conf", Reason.UNKNOWN_FIELD),
            ("capabilities[2]", Reason.INVALID_FIELD),
            ("capabilities[3].config", Reason.INVALID_FIELD),
            ("capabilities[5].mode", Reason.INVALID_FIELD),
            ("capabilities[6].locked", Reason.INVALID_FIELD),
            ("capabilities[0].ref", Reason.REQUIRED_FIELD_MISSING),
            ("capabilities[2].ref", Reason.REQUIRED_FIELD_MISSING),
            ("capabilities[4].ref", Reason.INVALID_FIELD),
        ],
    ),
    "a config that is too deep": (
        "name: a\nsystem_prompt: p\ncapabilities: [{ref: b, config: {a: " + "[" * 20 + "]" * 20 + "}}]",
        [("capabilities[0].config.a" + "[0]" * 15, Reason.LIMIT_EXCEEDED)],
    ),
}


@pytest.mark.parametrize(("text", "violations"), WRONG.values(), ids=WRONG)
def test_fields_that_are_wrong(text: str, violations: list[tuple[str, Reason]]) -> None:
    error = refusal(text)
    assert [(violation.field, violation.reason) for violation in error.violations] == violations
    assert error.reason is violations[0][1]


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "text/plain; charset=latin-1",
        "a",
    ],
)
def test_another_type_is_refused(content_type: str) -> None:
    assert refusal("Be kind.", content_type).reason is Reason.UNSUPPORTED_MEDIA_TYPE


@given(
    st.text() | st.binary() | st.lists(HOSTILE, max_size=6).map("\n".join),
    st.sampled_from(["", "text/yaml", "application/json"]),
)
def test_any_bytes_are_read_or_refused(text: str | bytes, content_type: str) -> None:
    data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    with suppress(ServiceError):
        agent_document.read(content_type, data)


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        " \n",
        "#\n",
        "a:\n",
        "- ",
        "---\n",
        "--- ",
        "# ",
        "? ",
        '"',
        "{",
        "[",
        "a: [",
        "&a ",
        "!",
        "%",
        "\t",
        "> \n",
        "|",
        "a\r",
    ],
)
def test_no_small_document_takes_long(unit: str) -> None:
    """What is slower than linear would take so many minutes here that the run hangs."""
    text = (unit * 300_000)[:300_000]
    for content_type in ("", "text/yaml"):
        with pytest.raises(ServiceError):
            agent_document.read(content_type, ("---\n" + text + "\0").encode())
