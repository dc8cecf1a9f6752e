"""The files of an operator: how one is read, and how what is wrong with one is told."""

from __future__ import annotations

from pathlib import Path


class CatalogFileError(Exception):
    """A file or directory that cannot be used; its text is `path:line: reason`.

    `line` is None, and left out of the text, where it is about the file or directory as a whole.
    """

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        super().__init__(path, line, reason)
        self.path = path
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.reason}"


def read_text(path: Path) -> str:
    """The text of a file in UTF-8. Raises CatalogFileError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CatalogFileError(path, None, f"cannot be read: {error.strerror}") from error
    try:
        # Some editors begin a file with a byte order mark.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CatalogFileError(path, line, "is not UTF-8") from error
