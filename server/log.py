"""How a line of the log looks: text for people, or a JSON object for machines, on stderr."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

from server.settings import LogFormat, Settings


class TextFormatter(logging.Formatter):
    """A line of text; the fields of a record come after its message, as `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without what an exception adds."""
        fields = [f" {name}={value}" for name, value in _fields(record).items() if value is not None]
        return super().formatMessage(record) + "".join(fields)


class JsonFormatter(logging.Formatter):
    """A JSON object in a line: `time` (RFC 3339, UTC), `level`, `logger`, `message`, the fields of the
    record, and `exception` where there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def start_logging(settings: Settings) -> None:
    """Sends the log of this process to stderr, in the format of the settings; without one as text if
    stderr is a terminal, else as JSON."""
    chosen = settings.log_format or (LogFormat.TEXT if sys.stderr.isatty() else LogFormat.JSON)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if chosen is LogFormat.TEXT else JsonFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler])


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, "fields", {})
