"""The fenced blocks of a Markdown text, and the rows of its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

_FENCE = "```"
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """What stands between two fences. `line` is that of the first fence; `above` is the line before it."""

    language: str
    text: str
    line: int
    above: str

    @property
    def file_name(self) -> str:
        """The name in a first line such as `# client.py`. Raises ValueError for a block without."""
        found = re.match(r"# (\S+)\n", self.text)
        if found is None:
            raise ValueError(f"the block at line {self.line} does not begin with the name of its file")
        return found[1]


@dataclass(frozen=True)
class Example:
    """A block, and the block right below it if that says what it prints."""

    block: Block
    output: Block | None

    def calls(self, program: str) -> bool:
        """Whether a line of it begins with the program."""
        return any(line.startswith(f"{program} ") for line in self.block.text.splitlines())

    def __str__(self) -> str:
        return f"line {self.block.line}"


def blocks(markdown: str) -> list[Block]:
    """The blocks in order. Raises ValueError for one that has no end."""
    found: list[Block] = []
    lines = markdown.splitlines()
    number = 0
    while number < len(lines):
        if lines[number].startswith(_FENCE):
            try:
                end = lines.index(_FENCE, number + 1)
            except ValueError:
                raise ValueError(f"the block at line {number + 1} has no end") from None
            text = "".join(f"{line}\n" for line in lines[number + 1 : end])
            above = lines[number - 1] if number else ""
            found.append(Block(lines[number].removeprefix(_FENCE), text, number + 1, above))
            number = end
        number += 1
    return found


def examples(markdown: str) -> list[Example]:
    """The blocks of bash, Python and TOML in order, each with what it prints."""
    every = blocks(markdown)
    return [
        Example(block, after if after is not None and after.above == _FENCE else None)
        for block, after in zip(every, [*every[1:], None], strict=True)
        if block.language in ("bash", "python", "toml")
    ]


def section(markdown: str, heading: str) -> str:
    """What stands under a heading, up to the next of its level. Raises ValueError without such a heading."""
    _, found, rest = f"\n{markdown}".partition(f"\n{heading}\n")
    if not found:
        raise ValueError(f"there is no heading {heading!r}")
    level = heading.partition(" ")[0]
    return rest.partition(f"\n{level} ")[0]


def rows(markdown: str) -> Iterator[list[str]]:
    """The cells of each row of all tables, rules between head and body left out."""
    for line in markdown.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in _CELLS.split(line)[1:-1]]


def prose(markdown: str) -> str:
    """The text without its blocks."""
    return re.sub(rf"^{_FENCE}.*?^{_FENCE}$", "", markdown, flags=re.DOTALL | re.MULTILINE)


def code(text: str) -> list[str]:
    """What is marked as code in a text that has no blocks."""
    return re.findall(r"`([^`]+)`", text)
