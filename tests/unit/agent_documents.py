"""Agents whose texts look like what a document is made of."""

from __future__ import annotations

from hypothesis import strategies as st

from server.core.agent import Agent, AgentStatus
from server.core.layer import CapabilityConfig, Layer, Mode
from tests.unit.strategies import LOCKS, PATCHES, TEXT

HOSTILE_TEXTS = [
    *(
        "---",
        "---\n",
        "---\nname: b\n---\n",
        "\n---\n",
        "...",
        "- a",
        "# a",
        "a: b",
        "{a: b}",
        "[a]",
        "{",
        "&a",
        "*a",
    ),
    *(
        "!a",
        "!!python/object:os.system x",
        "%YAML 1.1",
        "@a",
        "`a`",
        "|",
        ">",
        "'",
        '"',
        "\\",
        "<<",
        "=",
        "?",
        ": ",
    ),
    *(
        "~",
        "null",
        "Null",
        "true",
        "yes",
        "No",
        "on",
        "0",
        "-1",
        "0o17",
        "0x1F",
        "017",
        "1e3",
        "1_000",
        "1:30",
        ".5",
    ),
    *(
        ".inf",
        "-.INF",
        ".nan",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        " a",
        "a ",
        "\ta",
        "a\t",
        "\n",
        "\n\n",
        "a\n",
        "\na",
    ),
    *(
        "a\r\nb",
        "\r",
        "a\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufeffa",
        "\uffff",
        "\x7f",
        "\x1b[0m",
        "é",
        "😀",
        "a\n b\n\n  c",
    ),
    *(
        "a: |\n  b",
        "x" * 200,
        "é " * 100,
        "a #b",
        "a\\nb",
        "${a}",
        "{{ a }}",
        "</system-prompt>",
        "\u202e",
        "\x00".strip("\0") + "a",
    ),
]
HOSTILE = st.sampled_from(HOSTILE_TEXTS)
TEXTS = (
    HOSTILE | TEXT.filter(bool) | st.lists(HOSTILE | TEXT, min_size=2, max_size=4).map("\n".join).filter(bool)
)
MODELS = st.from_regex(r"[A-Za-z0-9._:/@-]{1,20}", fullmatch=True)
REFS = st.from_regex(r"[a-z0-9_.:-]{1,20}", fullmatch=True)
CONFIGS = PATCHES | st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=3), max_size=3)
ENTRIES = st.builds(CapabilityConfig, REFS, st.none() | CONFIGS, locked=st.just(()) | LOCKS) | st.builds(
    CapabilityConfig, REFS, mode=st.just(Mode.EXCLUDE)
)
AGENTS = st.builds(
    Agent,
    organization_id=st.just(bytes(16)),
    id=st.just(bytes(16)),
    name=TEXTS,
    display_name=st.none() | TEXTS,
    description=st.none() | st.just("") | TEXTS,
    system_prompt=TEXTS,
    default_model_id=st.none() | MODELS,
    tags=st.lists(TEXTS.map(lambda text: text[:100]), max_size=4, unique=True).map(tuple),
    capabilities=st.lists(ENTRIES, max_size=4).map(Layer.of),
    max_iterations=st.integers(1, 1000),
    status=st.sampled_from(AgentStatus),
    created_at=st.just(1),
    updated_at=st.just(2),
)
