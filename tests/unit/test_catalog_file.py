"""How the content of a capability's file is refused: with the file, the line and the reason."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import server.catalog
from server.catalog.file import CatalogFileError
from server.catalog.load import load_catalog

HEAD = 'id = "extra"\nname = "Extra"\ndescription = "More."\n'
TABLE = HEAD + "[default_config]\n"
TOOL = HEAD + '[[tools]]\nname = "a"\ndescription = "A."\n'

REFUSED: dict[str, tuple[str, str]] = {
    "syntax": (HEAD + "icon cloud\n", "4: is not valid TOML: Expected '=' after a key in a key/value pair"),
    "key twice": (HEAD + '\nname = "Again"\n', "5: is not valid TOML: Cannot overwrite a value"),
    "cut short": (HEAD + "features = [\n", "5: is not valid TOML: Invalid value"),
    "deep": (TABLE + f"a = {'[' * 5000}", "1: is nested too deeply"),
    "many digits": (TABLE + f"a = {'9' * 5000}", "1: is not valid TOML: Exceeds the limit"),
    "empty": ("", "1: description: is required"),
    "missing key": ('id = "extra"\n\ndescription = "More."\n', "1: name: is required"),
    "unknown key": (
        HEAD + '# A comment\ncategry = "x"\n',
        "5: categry: is not a known key; did you mean category?",
    ),
    "unknown table": (HEAD + "\n[defaults]\na = 1\n", "5: defaults: is not a known key"),
    "wrong type": (HEAD + 'dependencies = "web_fetch"\n', "4: dependencies: must be a list"),
    "wrong type within": (HEAD + 'features = [\n  "a",\n  1,\n]\n', "4: features[1]: must be a string"),
    "empty text": ('id = "extra"\nname = ""\ndescription = "d"\n', "2: name: must have at least 1 character"),
    "feature twice": (HEAD + 'features = ["a", "a"]\n', "4: features: must not have the same item twice"),
    "status": (
        HEAD + 'status = "live"\n',
        '4: status: must be one of "available", "deprecated", "coming_soon"',
    ),
    "tool lacks a key": (
        TOOL + '\n[[tools]]\nname = "b"\n',
        "8: tools[1].description: is required",
    ),
    "unknown key of a tool": (
        TOOL + "parameter = {}\n",
        "7: tools[0].parameter: is not a known key; did you mean parameters?",
    ),
    "date": (TABLE + "a = 2020-01-01\n", "5: default_config.a: is a date or time"),
    "time in a list": (
        TABLE + "a = [1, 07:32:00]\n",
        "5: default_config.a[1]: is a date or time",
    ),
    "date and time": (
        TABLE + "a.b = 2020-01-01T00:00:00Z\n",
        "5: default_config.a.b: is a date",
    ),
    "infinity": (TABLE + "a = -inf\n", "5: default_config.a: is not a finite number"),
    "not a number": (TABLE + "a = nan\n", "5: default_config.a: is not a finite number"),
    "large integer": (
        TABLE + f"a = {2**53 + 1}\n",
        "5: default_config.a: is an integer beyond 2^53",
    ),
    "too deep": (
        TABLE + f"a = {'[' * 30}{']' * 30}\n",
        f"5: default_config.a{'[0]' * 29}: is more than 30 levels deep",
    ),
    "line breaks in a string before it": (
        HEAD + 'system_prompt = """\nicon = 1\n[tools]\n"""\nicon = 1\n',
        "8: icon: must be a string",
    ),
    "id": (HEAD.replace("extra", "Extra!"), "1: id: must match [a-z0-9_.:-]{1,100}"),
    "missing dependency": (
        HEAD + 'dependencies = ["web_fech"]\n',
        "4: dependencies[0]: there is no capability web_fech; did you mean web_fetch?",
    ),
    "unknown conflict": (
        HEAD + 'conflicts_with = ["no"]\n',
        "4: conflicts_with[0]: there is no capability no",
    ),
    "conflict with itself": (
        HEAD + 'conflicts_with = ["extra"]\n',
        "4: conflicts_with[0]: names the capability itself",
    ),
    "conflict with what it needs": (
        HEAD + 'conflicts_with = ["session_file_system"]\ndependencies = ["virtual_bash"]\n',
        "4: conflicts_with[0]: names session_file_system, which this capability needs",
    ),
    "cycle": (HEAD + 'dependencies = ["extra"]\n', "4: dependencies: needs itself: extra -> extra"),
    "coming_soon dependency": (
        HEAD + 'dependencies = ["noop", "research"]\n',
        "4: dependencies[1]: research is coming_soon, and this capability is available",
    ),
    "tool name": (
        HEAD + '[[tools]]\ndescription = "A."\nname = "a b"\n',
        "6: tools[0].name: must match [a-zA-Z0-9_-]{1,64}",
    ),
    "tool twice": (
        TOOL + TOOL.removeprefix(HEAD),
        "8: tools[1].name: a names another tool too",
    ),
    "parameters": (
        TOOL + "[tools.parameters]\n[tools.parameters.properties]\n",
        '7: tools[0].parameters.type: must be "object"',
    ),
    "config schema": (
        HEAD + '[config_schema]\ntype = "object"\n[config_schema.properties.a]\ntype = "int"\n',
        "7: config_schema.properties.a.type: must be one of ",
    ),
    "pattern": (
        HEAD + "[config_schema]\ntype = 'object'\nproperties.a = { pattern = '(?=x)' }\n",
        "6: config_schema.properties.a.pattern: must be a regular expression without look-around",
    ),
    "reference outside": (
        HEAD + "[config_schema]\ntype = 'object'\nproperties.a = { \"$ref\" = 'http://127.0.0.1:1/a' }\n",
        "4: config_schema: has a reference that leads nowhere: Resource 'http://127.0.0.1:1/a'",
    ),
    "default config": (
        HEAD + "[config_schema]\ntype = 'object'\nproperties.a.minimum = 3\n[default_config]\na = 2\n",
        "8: default_config.a: must be at least 3",
    ),
    "default config lacks a key": (
        TABLE + "b = 2\n[config_schema]\ntype = 'object'\nrequired = ['a']\n",
        "4: default_config.a: is required",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_with_its_line(case: str, tmp_path: Path) -> None:
    text, reason = REFUSED[case]
    (tmp_path / "x.toml").write_text(text, encoding="utf-8", newline="")
    with pytest.raises(CatalogFileError) as caught:
        load_catalog(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/x.toml:{reason}")


def test_what_is_at_the_limits_is_taken(tmp_path: Path) -> None:
    deepest = "[" * 29 + "]" * 29
    text = (
        TABLE + f"a = {deepest}\nb = {2**53}\nc = {-(2**53)}\nd = 1e308\n[config_schema]\ntype = 'object'\n"
    )
    (tmp_path / "x.toml").write_text(text)
    assert load_catalog(tmp_path).get("extra") is not None


BUILT_IN = [path.read_bytes() for path in sorted(Path(server.catalog.__file__).parent.glob("*.toml"))]
WORDS = b'[ ] { } = . # - 0 " """ \\ \r \x00 \xff 1e999 nan 2020-01-01 [[tools]] id type (?=a)'.split(b" ")
FRAGMENTS = [*WORDS, b"", b"\n", b'"$ref" = "#"\n']


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(BUILT_IN))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 40)))
        put = draw(st.sampled_from(FRAGMENTS) | st.just(content[end : end + 200]))
        content = content[:start] + put + content[end:]
    return content


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda tail: HEAD.encode() + tail) | mutated())
def test_no_content_raises_anything_else(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "x.toml")
        path.write_bytes(content)
        error = _refusal(Path(directory))
    if error and error.path == path:
        assert error.line in range(1, content.count(b"\n") + 2)


def _refusal(directory: Path) -> CatalogFileError | None:
    try:
        load_catalog(directory)
    except CatalogFileError as error:
        return error
    return None
