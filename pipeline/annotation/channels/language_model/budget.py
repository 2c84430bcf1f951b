"""How many requests and tokens a run may use, and when the next request may go."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# Bytes of UTF-8 per token. Latin and Cyrillic texts have more, so no estimate is too low.
_BYTES_A_TOKEN = 3


class SpentError(Exception):
    """The budget does not allow another request."""


@dataclass
class Budget:
    """Counts every request that is sent. Tokens are set aside before a request, as many as its
    prompt and the longest answer may take, and corrected by what the server says it used."""

    most_requests: int | None
    most_tokens: int | None
    requests: int = 0
    tokens: int = 0

    def take(self, tokens: int) -> None:
        """Allow one request of at most so many tokens, or raise :class:`SpentError`."""
        if self.most_requests is not None and self.requests >= self.most_requests:
            raise SpentError(f"the budget of {self.most_requests} requests is used up")
        if self.most_tokens is not None and self.tokens + tokens > self.most_tokens:
            raise SpentError(
                f"the budget of {self.most_tokens} tokens leaves {self.most_tokens - self.tokens}, "
                f"and the next request may take {tokens}"
            )
        self.requests += 1
        self.tokens += tokens

    def correct(self, taken: int, used: int) -> None:
        """What was set aside for a request, and what it used in the end."""
        self.tokens += used - taken


def estimate(messages: Sequence[Any], max_tokens: int) -> int:
    """Tokens that a request takes at most."""
    size = len(json.dumps(list(messages), ensure_ascii=False).encode())
    return size // _BYTES_A_TOKEN + max_tokens


@dataclass
class Pace:
    """When the next request may go: so many a minute, and not before the server said."""

    per_minute: int | None
    _next: float = 0.0
    _waiting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self) -> None:
        """Wait for this request's turn."""
        async with self._waiting:
            while (wait := self._next - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if self.per_minute is not None:
                self._next = time.monotonic() + 60 / self.per_minute

    def rest(self, seconds: float) -> None:
        """Let no request go for so long."""
        self._next = max(self._next, time.monotonic() + seconds)
