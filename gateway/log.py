"""How a line of the log looks: text for people, or a JSON object for machines, on stderr."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson


class TextFormatter(logging.Formatter):
    """A line of text; the fields of a record come after its message, as `name=value`."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Returns the line without what an exception adds."""
        fields = [f" {name}={value}" for name, value in _fields(record).items() if value is not None]
        return super().formatMessage(record) + "".join(fields)


class JsonFormatter(logging.Formatter):
    """A JSON object in a line, with the keys that the server's lines have."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
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


def logging_config(log_format: str | None) -> dict[str, object]:
    """Returns the configuration for logging.config.dictConfig, which each process of the gateway applies.

    Without a format the log is text if stderr is a terminal, else JSON.
    """
    chosen = log_format or ("text" if sys.stderr.isatty() else "json")
    formatter = TextFormatter if chosen == "text" else JsonFormatter
    line = {"()": formatter, "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"]},
        "loggers": {"gateway": {"level": "INFO"}},
    }


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, "fields", {})
