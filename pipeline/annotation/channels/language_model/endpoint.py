"""Client of an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from pipeline.annotation.channels.language_model import failures
from pipeline.annotation.channels.language_model.budget import Budget, RateLimiter, estimate
from pipeline.annotation.channels.language_model.failures import (
    RefusedError,
    TransientError,
    UnusableError,
)
from pipeline.annotation.channels.language_model.settings import Settings
from pipeline.errors import InputError
from pipeline.io.parsing import json_value

KEY = "RHETORIC_LLM_KEY"
LARGEST = 10_000_000  # maximum bytes of a response
_LONGEST_WAIT = 3600.0  # maximum seconds of a Retry-After
_SCHEMA, _OBJECT, _PLAIN = range(3)
_UNKNOWN_FORMAT = (400, 415, 422)


@dataclass(frozen=True)
class Written:
    """A model's reply, the tokens it used (0: unknown), and whether it was cut off."""

    text: str
    tokens: int
    cut_off: bool


def key() -> str | None:
    """The API key from the environment, or None."""
    found = os.environ.get(KEY, "").strip()
    if found and (not found.isascii() or any(sign.isspace() for sign in found)):
        raise InputError(f"{KEY}: the key must be ASCII without spaces")
    return found or None


def checked_url(url: str) -> str:
    """The URL without a trailing slash; raises InputError for an invalid one."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise InputError(f"llm.url={url!r}: expected a URL such as http://localhost:11434/v1")
    if parts.username or parts.password:
        raise InputError(f"llm.url: must not contain a user name or password; set {KEY} instead")
    if parts.query or parts.fragment:
        raise InputError(f"llm.url={url!r}: must end with its path, such as /v1")
    return url.rstrip("/")


def on_this_machine(url: str) -> bool:
    """Whether the host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass
class Endpoint:
    """An asynchronous context manager; ``first_wait`` is the seconds before the first retry."""

    settings: Settings
    budget: Budget
    first_wait: float = 1.0
    _key: str | None = field(default_factory=key, repr=False)
    _form: int = _SCHEMA  # the strictest response format that the server may support
    _form_known: bool = False

    def __post_init__(self) -> None:
        self.url = checked_url(self.settings.url)
        self._limiter = RateLimiter(self.settings.per_minute)
        headers = {"Accept-Encoding": "identity"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        # Requests to this machine must not go through a proxy.
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(self.settings.timeout, connect=10.0),
            follow_redirects=False,
            trust_env=not on_this_machine(self.url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def write(self, messages: Sequence[Mapping[str, str]], schema: dict[str, Any]) -> Written:
        """The model's reply, in the strictest response format that the server supports.

        Raises TransientError if all attempts fail, UnusableError for a response without a reply,
        RefusedError if a retry is useless, BudgetExceededError if the budget is used up.
        """
        form = self._form
        while True:
            try:
                written = await self._with_retries(self._body(messages, schema, form))
            except RefusedError as error:
                if form == _PLAIN or error.status not in _UNKNOWN_FORMAT or self._form_known:
                    raise
                form += 1
                continue
            # A success with this format shows that the others were refused, not the passage.
            if not self._form_known:
                self._form, self._form_known = form, True
            return written

    def _body(
        self, messages: Sequence[Mapping[str, str]], schema: dict[str, Any], form: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "temperature": self.settings.temperature,
            "max_tokens": self.settings.max_tokens,
        }
        if form == _SCHEMA:
            named = {"name": "coding", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        elif form == _OBJECT:
            body["response_format"] = {"type": "json_object"}
        return body

    async def _with_retries(self, body: dict[str, Any]) -> Written:
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

        tries = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(self.settings.attempts),
            wait=failures.wait(self.first_wait),
            reraise=True,
        )
        written: Written = await tries(self._once, body)
        return written

    async def _once(self, body: dict[str, Any]) -> Written:
        await self._limiter.acquire()
        reserved = estimate(body["messages"], self.settings.max_tokens)
        self.budget.reserve(reserved)
        used = 0
        try:
            async with asyncio.timeout(self.settings.timeout):
                status, headers, content = await self._post(body)
            if status == 200:
                written = self._read(content)
                used = written.tokens or reserved
                return written
        except TimeoutError as error:
            used = reserved  # the server may have generated the whole reply
            raise TransientError(f"no answer within {self.settings.timeout:g} s") from error
        except UnusableError:
            used = reserved
            raise
        except httpx2.HTTPError as error:
            raise TransientError(f"the connection failed ({type(error).__name__})") from error
        finally:
            self.budget.correct(reserved, used)
        failure = failures.of_status(status, headers, self.error_text(content), self.url, KEY)
        if isinstance(failure, TransientError) and failure.wait is not None:
            if failure.wait > _LONGEST_WAIT:
                raise RefusedError(
                    status, f"the server asks to wait {failure.wait / 3600:.1f} hours"
                )
            self._limiter.pause(failure.wait)
        raise failure

    async def _post(self, body: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        address = f"{self.url}/chat/completions"
        async with self._client.stream("POST", address, json=body) as answer:
            content = bytearray()
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > LARGEST:
                    raise UnusableError(f"the answer has more than {LARGEST // 1_000_000} MB")
            return answer.status_code, answer.headers, bytes(content)

    def _read(self, content: bytes) -> Written:
        try:
            answer = json_value(content.decode())
            choice = answer["choices"][0]
            message = choice["message"]
            text = message.get("content") or message.get("refusal") or ""
            if not isinstance(text, str):
                raise TypeError("content")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise UnusableError("the server's response has no message") from error
        usage = answer.get("usage")
        tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
        return Written(
            self._without_key(text),
            tokens if isinstance(tokens, int) and tokens > 0 else 0,
            choice.get("finish_reason") == "length",
        )

    def error_text(self, content: bytes) -> str:
        """The error message of a response, as one short line without the key."""
        message = _error_message(content[:4000].decode(errors="replace"))
        return " ".join(self._without_key(message).split())[:200]

    def _without_key(self, text: str) -> str:
        return text if self._key is None else text.replace(self._key, "***")


def _error_message(body: str) -> str:
    """The message in a JSON error; any other body unchanged."""
    try:
        value = json_value(body)
    except ValueError:
        return body
    error = value.get("error", value) if isinstance(value, dict) else value
    return str(error.get("message", error) if isinstance(error, dict) else error)
