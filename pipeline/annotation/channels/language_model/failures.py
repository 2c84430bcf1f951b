"""Failures of requests to a model, and which of them are retried."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tenacity import RetryCallState

_LONGEST_BACKOFF = 60.0
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?", re.ASCII)


class TransientError(Exception):
    """A failure to retry; ``wait`` is the delay in seconds that the server asks for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class UnusableError(Exception):
    """A response without a usable reply."""


class RefusedError(Exception):
    """A refusal; a retry is useless."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def for_all(self) -> bool:
        """Whether the server would refuse all other requests too."""
        return self.status not in (400, 413, 422)


def of_status(
    status: int, headers: Mapping[str, str], said: str, url: str, key: str
) -> TransientError | RefusedError:
    """The exception for a response whose status is not 200."""
    if 300 <= status < 400:
        host = urlsplit(headers.get("location", "")).hostname or "another page"
        return RefusedError(
            status, f"{url} redirects to {host}; redirects are not followed, change llm.url"
        )
    if status in (401, 403):
        return RefusedError(status, f"{url}: the key in {key} was rejected ({status}): {said}")
    if status == 404:
        return RefusedError(status, f"{url}: model or URL not found (404): {said}")
    if status in (408, 409, 425, 429) or status >= 500:
        return TransientError(f"{url}: {status}: {said}", retry_after(headers.get("retry-after")))
    return RefusedError(status, f"{url}: {status}: {said}")


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header with seconds or a date; None for anything else."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def wait(first: float) -> Callable[[RetryCallState], float]:
    """Exponential back-off with jitter, or the delay that the server asked for."""
    from tenacity import wait_exponential_jitter

    backing_off = wait_exponential_jitter(multiplier=first, max=_LONGEST_BACKOFF, jitter=first)

    def seconds(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.wait if isinstance(error, TransientError) else None
        return backing_off(state) if asked is None else asked

    return seconds
