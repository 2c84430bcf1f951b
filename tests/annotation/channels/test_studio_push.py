"""The labelling page, and talking to a server: a small one of our own, in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation.channels import page, studio
from pipeline.annotation.channels.studio import labelling, tasks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

TOKEN = "0123456789abcdef"


class Server:
    """Projects and tasks in memory; ``refuse`` and ``answer`` make it misbehave."""

    def __init__(self) -> None:
        self.projects: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        self.imports: list[int] = []
        self.answer: tuple[int, bytes] | None = None

    def reply(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        words = path.strip("/").split("/")[1:]
        if words == ["token", "refresh"]:
            return {"access": f"short-lived-{body['refresh'][-3:]}"}
        if words == ["users"]:
            return [{"id": 1, "email": "a@x.org"}]
        if words == ["projects"] and method == "GET":
            return {"count": len(self.projects), "results": self.projects}
        if words == ["projects"]:
            self.projects.append(body | {"id": len(self.projects) + 1})
            return self.projects[-1]
        if words[-1] == "import":
            self.imports.append(len(body))
            self.tasks += body
            return {"task_count": len(body)}
        if words[-1] == "export":
            return [
                {"id": i, "annotations": [], "data": t["data"]} for i, t in enumerate(self.tasks)
            ]
        if words == ["tasks"]:
            first = (int(query["page"][0]) - 1) * int(query["page_size"][0])
            some = self.tasks[first : first + int(query["page_size"][0])]
            return {"total": len(self.tasks), "tasks": some}
        assert method == "PATCH"
        self.projects[int(words[1]) - 1] |= body
        return {}


@pytest.fixture
def served() -> Iterator[tuple[Server, studio.LabelStudio]]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            server.authorizations.append(self.headers.get("Authorization", ""))
            parts = urlsplit(self.path)
            status, content = server.answer or (
                200,
                json.dumps(
                    server.reply(self.command, parts.path, parse_qs(parts.query), body)
                ).encode(),
            )
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
    yield server, studio.LabelStudio(f"http://127.0.0.1:{httpd.server_address[1]}/", TOKEN)
    httpd.shutdown()
    httpd.server_close()


def queue_of(codebook: Codebook, number: int) -> page.Queue:
    rows = [
        {"passage_id": passage_id(text := f"It rains on day {i}."), "text": text, "opening": "",
         "before": "", "language": "en", "post": "p", "position": i}
        for i in range(number)
    ]  # fmt: skip
    return page.queue(rows, codebook, "studio")


Served = tuple[Server, studio.LabelStudio]


def test_nothing_is_sent_twice(served: Served, small_codebook: Codebook) -> None:
    server, client = served
    first = studio.push(client, queue_of(small_codebook, 3), small_codebook, name="p", annotators=2)
    assert (first.created, first.sent, first.known) == (True, 3, 0)
    again = studio.push(client, queue_of(small_codebook, 5), small_codebook, name="p", annotators=2)
    assert (again.created, again.sent, again.known) == (False, 2, 3)
    assert len({task["data"]["passage_id"] for task in server.tasks}) == len(server.tasks) == 5
    assert [project["title"] for project in server.projects] == ["p, codebook 1"]
    assert server.projects[0]["maximum_annotations"] == 2
    assert "predictions" not in server.tasks[0]


def test_a_push_that_was_cut_off_goes_on(served: Served, small_codebook: Codebook) -> None:
    server, client = served
    queue = queue_of(small_codebook, 600)
    studio.push(client, queue, small_codebook, name="p", annotators=1)
    assert server.imports == [250, 250, 100]
    del server.tasks[520:]
    assert studio.push(client, queue, small_codebook, name="p", annotators=1).sent == 80


def test_a_changed_rule_changes_the_page_of_the_project(
    served: Served, small_codebook: Codebook
) -> None:
    server, client = served
    studio.push(client, queue_of(small_codebook, 1), small_codebook, name="p", annotators=1)
    server.projects[0]["label_config"] = "<View/>"
    studio.push(client, queue_of(small_codebook, 1), small_codebook, name="p", annotators=3)
    assert server.projects[0]["label_config"] == labelling.page(small_codebook)
    assert server.projects[0]["maximum_annotations"] == 3


def test_suggestions_come_only_when_asked_for(served: Served, small_codebook: Codebook) -> None:
    server, client = served

    def suggest(items: Any) -> tuple[list[dict[str, str]], str]:
        return [{"rain": "present", "stance:town": "absent"} for _ in items], "m1"

    studio.push(
        client, queue_of(small_codebook, 1), small_codebook, name="p", annotators=1, suggest=suggest
    )
    [prediction] = server.tasks[0]["predictions"]
    assert prediction["model_version"] == "m1"
    assert [(r["from_name"], r["value"]) for r in prediction["result"]] == [
        ("rain", {"choices": ["present"]})
    ]


def test_a_project_that_is_not_there_is_named(served: Served, small_codebook: Codebook) -> None:
    with pytest.raises(
        InputError, match="no project 'p, codebook 1'; create it with `rhetoric annotate studio"
    ):
        studio.pull(served[1], small_codebook, {}, name="p", people={})


def test_a_title_that_label_studio_does_not_take_is_named(
    served: Served, small_codebook: Codebook
) -> None:
    # 50 characters are taken: 38 of the name and ", codebook 1".
    queue = queue_of(small_codebook, 1)
    studio.push(served[1], queue, small_codebook, name="p" * 38, annotators=1)
    with pytest.raises(InputError, match=r"studio\.project: the title .* has 51 characters"):
        studio.push(served[1], queue, small_codebook, name="p" * 39, annotators=1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b"{}"), "the token in LABEL_STUDIO_API_KEY was rejected"),
        ((400, b'{"validation_errors": {"title": ["too\\n long"]}}'), "400: {'title': "),
        ((500, b"<html>"), "500: Internal Server Error"),
        ((200, b"<html>"), "the response is not JSON"),
        ((302, b""), "too many redirects"),
    ],
)
def test_what_the_server_says_is_one_line(
    served: Served, small_codebook: Codebook, answer: tuple[int, bytes], message: str
) -> None:
    server, client = served
    server.answer = answer
    with pytest.raises(InputError, match=message) as caught:
        studio.push(client, queue_of(small_codebook, 1), small_codebook, name="p", annotators=1)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_token_is_sent_whatever_netrc_says(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = served
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client.users()
    assert server.authorizations == [f"Token {TOKEN}"]
    assert TOKEN not in repr(client)


def test_a_personal_token_is_changed_for_a_short_lived_one(served: Served) -> None:
    server, client = served
    personal = studio.LabelStudio(client.url, "aaa.bbb.ccc")
    personal.users()
    personal.users()
    assert server.authorizations == ["", "Bearer short-lived-ccc", "Bearer short-lived-ccc"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:8080", "expected a URL such as"),
        ("ftp://localhost", "expected a URL such as"),
        ("http://me:secret@localhost", "must not contain a user name or password"),
    ],
)
def test_an_address_is_an_address(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        studio.LabelStudio(url, TOKEN)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"http://127.0.0.1:9: cannot reach Label Studio"):
        studio.LabelStudio("http://127.0.0.1:9", TOKEN).users()


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(studio.TOKEN, raising=False)
    with pytest.raises(InputError, match="no token: set LABEL_STUDIO_API_KEY"):
        studio.token()
    monkeypatch.setenv(studio.TOKEN, " secret\nX-Header: 1")
    with pytest.raises(InputError, match="letters, digits") as caught:
        studio.token()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv(studio.TOKEN, f" {TOKEN}\n")
    assert studio.token() == TOKEN


def test_the_page_asks_every_question_and_escapes_the_codebook() -> None:
    hostile = codebooks.parse(
        b"""
version: "1"
title: t
unit: <script>alert(1)</script>
frames:
  - {code: rain, name: {en: 'Rain "&" <b>'}, definition: "It costs $text", present_when: [a],
     not_when: [b]}
""",
        "x.yaml",
    )
    written = labelling.page(hostile)
    top = ElementTree.fromstring(written)
    choices = {node.get("name"): [c.get("alias") for c in node] for node in top.iter("Choices")}
    assert choices == {"rain": ["present", "borderline", "cannot_say"], "Nothing": ["nothing"]}
    assert top.find(".//Panel") is not None
    assert 'Rain "&" <b>' in {node.get("value") for node in top.iter("Header")}
    fields = {value for node in top.iter() for value in node.attrib.values() if "$" in value}
    assert fields == {"$text", "$context", "$asks"}
    assert "<script>" not in labelling.instruction(hostile)


def test_a_task_shows_context_and_what_is_asked(small_codebook: Codebook) -> None:
    row = {"passage_id": "k", "text": "It rains.", "opening": "To all", "before": "Then",
           "language": "en", "post": "p", "position": 1}  # fmt: skip
    queue = page.queue([row], small_codebook, "studio", asked={"k": ["wind", "stance:town"]})
    data = tasks.task(queue.items[0], queue, small_codebook)["data"]
    assert data["context"] == "To all …\n\n… Then"
    assert data["asks"] == "Answer only: Wind, Town. Other answers are ignored."
    assert data["asked"] == ["wind", "stance:town"]
