"""A body that comes in parts, sent for as long as somebody is there to read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Message, Receive, Send


async def send_parts(
    start: Message,
    parts: AsyncGenerator[bytes, None],
    is_head: bool,
    stopping: asyncio.Event,
    receive: Receive,
    send: Send,
) -> None:
    """Sends what an answer starts with, and then its parts until there are no more, the client is gone, or
    the process is to end; none in answer to HEAD. What makes the parts is closed, whichever way it comes to
    that."""
    # One that has not begun has nothing to close, and would not let go of what it was handed.
    first = await anext(parts, b"")
    await send(start)
    tasks = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(stopping.wait())]
    if not is_head:
        tasks.append(asyncio.ensure_future(_send(first, parts, send)))
    try:
        if not is_head:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await parts.aclose()
    for result in ended:
        if isinstance(result, Exception):
            raise result
    await send({"type": "http.response.body", "body": b""})


async def _send(first: bytes, parts: AsyncGenerator[bytes, None], send: Send) -> None:
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
