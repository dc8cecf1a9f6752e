"""How large the messages of batches may be."""

from __future__ import annotations

from google.protobuf.message import Message

from server.core.errors import Reason, ServiceError

LARGEST_BATCH = 3 * 1024 * 1024
"""The most bytes of a batch of sessions to create. The answer, with what it adds to each, is then within the
4 MiB that clients take by default."""


def require_size(what: str, message: Message, most: int) -> None:
    """Raises MESSAGE_TOO_LARGE for a message of more than so many bytes; `what` begins the text."""
    size = message.ByteSize()
    if size > most:
        text = f"{what} {size} bytes, which is more than {most}; make it several"
        raise ServiceError(Reason.MESSAGE_TOO_LARGE, text)
