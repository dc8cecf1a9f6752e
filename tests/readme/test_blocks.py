"""The parser of the README's blocks."""

from __future__ import annotations

import pytest

from tests.readme.blocks import Block, blocks, code, examples, prose, rows, section

TEXT = """# A
```bash
echo 1
```
```text
1
```
between
```json
{}
```
| a | `b` |
|---|---|
| `c` | d |

## B
```python
# x.py
pass
```
## C
"""


def test_blocks() -> None:
    assert blocks(TEXT) == [
        Block("bash", "echo 1\n", 2, "# A"),
        Block("text", "1\n", 5, "```"),
        Block("json", "{}\n", 9, "between"),
        Block("python", "# x.py\npass\n", 17, "## B"),
    ]


def test_a_block_without_an_end() -> None:
    with pytest.raises(ValueError, match="line 2 "):
        blocks("text\n```bash\necho\n")


def test_only_a_block_right_below_is_what_an_example_prints() -> None:
    first, second = examples(TEXT)
    assert (first.block.text, first.output and first.output.text) == ("echo 1\n", "1\n")
    assert (second.block.file_name, second.output) == ("x.py", None)
    [apart, _] = examples(TEXT.replace("```text", "\n```text"))
    assert apart.output is None


def test_a_block_without_a_name() -> None:
    with pytest.raises(ValueError, match="line 2 "):
        print(blocks(TEXT)[0].file_name)


def test_programs() -> None:
    [example, _] = examples(TEXT)
    assert example.calls("echo")
    assert not example.calls("ech")


def test_tables_sections_and_code() -> None:
    assert list(rows(TEXT)) == [["a", "`b`"], ["`c`", "d"]]
    assert section(TEXT, "## B") == "```python\n# x.py\npass\n```"
    with pytest.raises(ValueError, match="no heading"):
        section(TEXT, "## D")
    assert "between\n\n| a |" in prose(TEXT)
    assert "echo" not in prose(TEXT)
    assert code("`a` or `b c`, not d") == ["a", "b c"]
