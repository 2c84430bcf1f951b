"""Budget of requests and tokens, and rate limit."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# UTF-8 bytes per token. Latin and Cyrillic texts have more, so estimates are upper bounds.
_BYTES_A_TOKEN = 3


class BudgetExceededError(Exception):
    """The budget does not allow another request."""


@dataclass
class Budget:
    """Counts requests and tokens. Tokens are reserved before a request, for its prompt and the
    longest answer, and corrected afterwards by the usage that the server reports."""

    most_requests: int | None
    most_tokens: int | None
    requests: int = 0
    tokens: int = 0

    def reserve(self, tokens: int) -> None:
        """Reserve one request of at most ``tokens``, or raise :class:`BudgetExceededError`."""
        if self.most_requests is not None and self.requests >= self.most_requests:
            raise BudgetExceededError(f"the budget of {self.most_requests} requests is used up")
        if self.most_tokens is not None and self.tokens + tokens > self.most_tokens:
            raise BudgetExceededError(
                f"the budget of {self.most_tokens} tokens leaves {self.most_tokens - self.tokens}, "
                f"and the next request may take {tokens}"
            )
        self.requests += 1
        self.tokens += tokens

    def correct(self, reserved: int, used: int) -> None:
        """Replace the reserved tokens of a request by those it used."""
        self.tokens += used - reserved


def estimate(messages: Sequence[Any], max_tokens: int) -> int:
    """Upper bound of the tokens of a request."""
    size = len(json.dumps(list(messages), ensure_ascii=False).encode())
    return size // _BYTES_A_TOKEN + max_tokens


@dataclass
class RateLimiter:
    """Limits requests per minute, and pauses when the server asks for it."""

    per_minute: int | None
    _next: float = 0.0
    _waiting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def acquire(self) -> None:
        """Wait until the next request may be sent."""
        async with self._waiting:
            while (wait := self._next - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if self.per_minute is not None:
                self._next = time.monotonic() + 60 / self.per_minute

    def pause(self, seconds: float) -> None:
        """Delay all requests by at least ``seconds`` from now."""
        self._next = max(self._next, time.monotonic() + seconds)
