"""A small HTTP server that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    content: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False  # the connection ends before the announced length


@dataclass(frozen=True)
class Request:
    at: float
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def passage(self) -> str:
        """What stands in the passage's message."""
        return str(self.body["messages"][1]["content"])


Script = Callable[[int, Request], Reply]


@dataclass
class Server:
    url: str
    requests: list[Request] = field(default_factory=list)


def written(text: str, **more: Any) -> Reply:
    """The envelope of a chat completion."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"} | more
    answer = {"choices": [choice], "usage": {"total_tokens": 100}}
    return Reply(json.dumps(answer).encode())


def coded(**answers: str | tuple[str, str]) -> Reply:
    """An answer about rain, wind and the town of the small codebook, absent where not given."""
    names = {"rain": "rain", "wind": "wind", "town": "stance:town"}
    row = {}
    for word, name in names.items():
        value = answers.get(word, "absent")
        answer, evidence = (value, "") if isinstance(value, str) else value
        row[name] = {"answer": answer, "evidence": evidence}
    return written(json.dumps(row))


@contextmanager
def scripted(script: Script) -> Iterator[Server]:
    """Serve on a free port of this machine; ``script`` gets the request's number, from 0."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(time.monotonic(), self.path, dict(self.headers), json.loads(body))
            with lock:
                number = len(server.requests)
                server.requests.append(request)
            reply = script(number, request)
            time.sleep(reply.delay)
            try:
                self._send(reply)
            except OSError:
                self.close_connection = True  # the other side has gone

        def do_GET(self) -> None:
            with lock:
                server.requests.append(Request(time.monotonic(), self.path, {}, {}))
            self._send(Reply(b"{}"))

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.content) + (100 if reply.cut else 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(reply.content)
            if reply.cut:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
