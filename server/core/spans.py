"""Spans of what is done for a call, where calls are traced."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

Span = Callable[[str], AbstractContextManager[None]]
"""Begins a span of this name within that of the thread's call, and ends it with the context; nothing on a
thread that has no call. Thread-safe."""
