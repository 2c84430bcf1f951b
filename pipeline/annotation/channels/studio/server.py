"""A minimal client of the Label Studio API, with one-line errors.

It uses requests, which DVC and MLflow require anyway: ``label-studio-sdk`` 2.1 would add 27
packages, including OpenCV, and downgrade numpy to 2.2.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

from pipeline.errors import InputError
from pipeline.io.parsing import json_value

TOKEN = "LABEL_STUDIO_API_KEY"
_SECONDS = (10, 300)  # timeouts: to connect; between two bytes of a response
_TASKS_A_PAGE = 500
_ACCESS_SECONDS = 180  # an access token is valid for five minutes


def token() -> str:
    """The user's token from the environment."""
    found = os.environ.get(TOKEN, "").strip()
    if not found:
        raise InputError(
            f"no token: set {TOKEN} to the token under Account & Settings in Label Studio"
        )
    if not found.isascii() or any(sign.isspace() for sign in found):
        raise InputError(f"{TOKEN}: a token has only letters, digits, _, - and .")
    return found


@dataclass
class LabelStudio:
    """A server, accessed as one user. All failures raise :class:`InputError`."""

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"studio.url={self.url}: expected a URL such as http://localhost:8080")
        if parts.username or parts.password:
            raise InputError(
                f"studio.url: must not contain a user name or password; set {TOKEN} instead"
            )
        self.url = self.url.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _Token(self.url, self.token)
        retries = Retry(3, connect=0, backoff_factor=0.5, status_forcelist=(502, 503, 504))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retries))

    def project(self, title: str) -> dict[str, Any] | None:
        """The project with this title (the oldest of several), or None."""
        found = [p for p in self._pages("projects", "results") if p["title"] == title]
        return min(found, key=lambda project: int(project["id"]), default=None)

    def create(self, settings: dict[str, Any]) -> dict[str, Any]:
        created: dict[str, Any] = self._call("POST", "projects", json=settings)
        return created

    def change(self, project: int, settings: dict[str, Any]) -> None:
        self._call("PATCH", f"projects/{project}", json=settings)

    def task_data(self, project: int) -> Iterator[dict[str, Any]]:
        """The data of every task in the project."""
        for task in self._pages("tasks", "tasks", project=project):
            yield task["data"]

    def add(self, project: int, tasks: Sequence[dict[str, Any]]) -> None:
        self._call("POST", f"projects/{project}/import", json=list(tasks))

    def export(self, project: int) -> Any:
        """All tasks with their annotations, including cancelled ones."""
        wanted = {"exportType": "JSON", "download_all_tasks": "true"}
        return self._call("GET", f"projects/{project}/export", params=wanted)

    def users(self) -> dict[str, str]:
        """User id → e-mail address, for messages only."""
        return {str(user["id"]): user["email"] for user in self._call("GET", "users")}

    def _pages(self, path: str, key: str, **wanted: Any) -> Iterator[dict[str, Any]]:
        page, seen = 1, 0
        while True:
            params = wanted | {"page": page, "page_size": _TASKS_A_PAGE}
            found = self._call("GET", path, params=params)
            rows, total = found[key], found.get("total", found.get("count", 0))
            yield from rows
            seen, page = seen + len(rows), page + 1
            if not rows or seen >= total:
                return

    def _call(self, method: str, path: str, **more: Any) -> Any:
        where = f"{self.url}/api/{path}"
        try:
            # A redirected POST becomes a GET, and a wrong URL would look like an empty response.
            answer = self._session.request(
                method, where, timeout=_SECONDS, allow_redirects=method == "GET", **more
            )
        except requests.RequestException as error:
            raise InputError(
                f"{self.url}: cannot reach Label Studio ({_reason(error)}); is it running? Set its "
                "URL with studio.url"
            ) from error
        if not answer.ok or answer.is_redirect:
            raise InputError(f"{where}: {_complaint(answer)}")
        try:
            return json_value(answer.content.decode())
        except ValueError as error:
            raise InputError(
                f"{where}: the response is not JSON; is {self.url} a Label Studio server?"
            ) from error


@dataclass
class _Token(AuthBase):
    """A legacy token, or a personal token that is exchanged for a short-lived one.

    It is the session's ``auth``, since a header would be replaced by a ``.netrc``.
    """

    url: str
    token: str = field(repr=False)
    access: str = field(default="", repr=False)
    since: float = 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token.count(".") != 2:  # no JWT
            request.headers["Authorization"] = f"Token {self.token}"
            return request
        if not self.access or time.monotonic() - self.since > _ACCESS_SECONDS:
            self._refresh()
        request.headers["Authorization"] = f"Bearer {self.access}"
        return request

    def _refresh(self) -> None:
        where = f"{self.url}/api/token/refresh"
        answer = requests.post(where, json={"refresh": self.token}, timeout=_SECONDS)
        if not answer.ok:
            raise InputError(f"{where}: {_complaint(answer)}")
        self.access, self.since = answer.json()["access"], time.monotonic()


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.TooManyRedirects):
        return "too many redirects"
    return "connection failed"


def _complaint(answer: requests.Response) -> str:
    """The server's error message, as one line."""
    if answer.status_code in (401, 403):
        return (
            f"the token in {TOKEN} was rejected ({answer.status_code}); use the one under Account "
            "& Settings, and enable legacy tokens in the organisation's settings if it is one"
        )
    try:
        message = answer.json()
    except requests.JSONDecodeError:
        message = answer.reason
    if isinstance(message, dict):
        message = message.get("validation_errors") or message.get("detail") or message
    return f"{answer.status_code}: {' '.join(str(message).split())[:300]}"
