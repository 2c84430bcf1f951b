"""The circle through a real Label Studio, in a virtual environment of its own.

`make acceptance` puts it into ``.venv-label-studio``; its dependencies do not go with ours.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pipeline import codebook as codebooks
from pipeline.annotation import lines as coded
from pipeline.annotation.channels import page, studio
from pipeline.annotation.lines import Line
from pipeline.campaign import studio as words_of_studio
from pipeline.cli import boundary

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[3]
CODEBOOK = ROOT / "labels" / "codebook.yaml"
PROGRAM = Path(os.environ.get("LABEL_STUDIO", ROOT / ".venv-label-studio" / "bin" / "label-studio"))
LEAD, PASSWORD, TOKEN = "lead@example.org", "not-a-secret-1", "0123456789abcdef" * 2 + "01234567"
START_SECONDS = 300

SETTINGS = {
    "DJANGO_DB": "sqlite", "COLLECT_ANALYTICS": "false", "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "", "LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
}  # fmt: skip


@dataclass
class Running:
    """A server and its two coders, each with a session: number 1 is the lead, number 2 Boris."""

    url: str
    lead: requests.Session
    boris: requests.Session

    def annotate(self, who: requests.Session, task: int, *result: Any, **more: Any) -> int:
        body = {"result": list(result), "lead_time": 4.2} | more
        answer = who.post(f"{self.url}/api/tasks/{task}/annotations", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def tasks(self, project: int) -> dict[str, int]:
        """Passage → number of its task."""
        answer = self.lead.get(
            f"{self.url}/api/tasks", params={"project": project, "page_size": 99}
        )
        return {t["data"]["passage_id"]: t["id"] for t in answer.json()["tasks"]}


def session(token: str) -> requests.Session:
    found = requests.Session()
    found.headers["Authorization"] = f"Token {token}"
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not PROGRAM.is_file():
        pytest.skip(f"no {PROGRAM}; `make acceptance` installs Label Studio there")
    folder = tmp_path_factory.mktemp("label-studio")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        str(PROGRAM), "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
        "--data-dir", str(folder / "data"), "--username", LEAD, "--password", PASSWORD,
        "--user-token", TOKEN,
    ]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", studio.TOKEN)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=kept | SETTINGS, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process, folder / "log")
        yield Running(url, session(TOKEN), session(signed_up(url, "boris@example.org")))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/api/version", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    pytest.fail(f"Label Studio did not start:\n{log.read_text(errors='replace')[-2000:]}")


def signed_up(url: str, address: str) -> str:
    """A second coder, as one signs up; returns the token."""
    browser = requests.Session()
    browser.get(f"{url}/user/signup/")
    form = {"email": address, "password": PASSWORD, "allow_newsletters": "",
            "csrfmiddlewaretoken": browser.cookies["csrftoken"]}  # fmt: skip
    browser.post(f"{url}/user/signup/", data=form, headers={"Referer": url})
    return str(browser.get(f"{url}/api/current-user/token").json()["token"])


TEXTS = [
    "😀😀 Ministers met in the old town, and they spoke of rain for an hour.",
    "A multipolar world is being born, said the minister to the students.",
    "Registration for the concert closes on Friday; tickets are at the desk.",
    "The embassy wishes everybody a peaceful holiday and a good new year.",
]
Annotate = Callable[..., str]


@pytest.fixture
def annotate(
    server: Running,
    labels: Any,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Annotate:
    """``rhetoric annotate …`` on a project of the test's own; returns what it said."""
    kind = "{kind: person, description: A test, studio: %d}"
    labels.coders.write_text(f"anna: {kind % 1}\nboris: {kind % 2}\n")
    monkeypatch.setenv(studio.TOKEN, TOKEN)

    def run(*words: str, code: int = 0) -> str:
        settings = [
            f"label.texts={labels.texts}", f"label.annotations={labels.annotations}",
            f"label.coders={labels.coders}", f"codebook={CODEBOOK}",
        ]  # fmt: skip
        if words[0] == "studio":
            settings += [f"studio.url={server.url}", f"studio.project={request.node.name[:30]}"]
        assert boundary.run(["annotate", *words, *settings]) == code
        said = capsys.readouterr()
        assert TOKEN not in said.out + said.err
        return said.out + said.err

    return run


def pushed(annotate: Annotate, server: Running, labels: Any) -> tuple[list[str], dict[str, int]]:
    """The passages, and their tasks after a push."""
    keys = [labels.write_text(text) for text in TEXTS]
    said = annotate("studio", "push")
    assert "created; 4 passages sent, 0 already there" in said
    project = int(said.partition("/projects/")[2].partition(":")[0])
    return keys, server.tasks(project)


def choice(name: str, answer: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "Text", "type": "choices", "value": {"choices": [answer]}}


def span(start: int, end: int, text: str, label: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": "Evidence", "to_name": "Text", "type": "labels", "value": value}


def line_of(labels: Any, coder: str, passage: str) -> Line:
    found = coded.read(labels.annotations / f"{coder}.jsonl")
    return [line for line in found if line.passage_id == passage][-1]


def test_two_coders_there_and_back_again(
    annotate: Annotate, server: Running, labels: Any, tmp_path: Path
) -> None:
    keys, tasks = pushed(annotate, server, labels)
    assert "0 passages sent, 4 already there" in annotate("studio", "push")
    assert len(server.tasks(project_of(server, tasks[keys[0]]))) == 4
    assert "no answers yet" in annotate("studio", "pull")

    one, two, three, four = (tasks[key] for key in keys)
    # In UTF-16 each emoji is two units; "old town" begins at code point 24.
    server.annotate(server.lead, one, choice("integration", "present"),
                    span(26, 34, "old town", "integration"))  # fmt: skip
    first = server.annotate(server.lead, two, choice("multipolarity", "present"))
    server.annotate(server.boris, two, choice("multipolarity", "borderline"),
                    choice("stance_west", "neutral"))  # fmt: skip
    server.annotate(server.boris, three, was_cancelled=True)
    server.annotate(server.boris, four)
    server.annotate(server.lead, three, choice("Nothing", "nothing"))

    said = annotate("studio", "pull")
    assert "annotations not imported: 1 skipped, 1 empty" in said
    assert "3 added" in said and "1 added" in said
    with_emoji = line_of(labels, "anna", keys[0])
    assert with_emoji.evidence == {"integration": "old town"}
    assert with_emoji.source == f"label studio task {one} annotation {first - 1}"
    assert line_of(labels, "anna", keys[2]).answers == {}
    assert line_of(labels, "boris", keys[1]).answers == {
        "multipolarity": "borderline", "stance:west": "neutral"
    }  # fmt: skip
    before = {path: path.read_bytes() for path in labels.annotations.iterdir()}
    assert "0 added, 3 already known" in annotate("studio", "pull")
    assert {path: path.read_bytes() for path in labels.annotations.iterdir()} == before
    assert boundary.run(["labels", "check", f"label.texts={labels.texts}", f"codebook={CODEBOOK}",
                    f"label.annotations={labels.annotations}",
                    f"label.coders={labels.coders}"]) == 0  # fmt: skip

    server.lead.patch(
        f"{server.url}/api/annotations/{first}",
        json={"result": [choice("multipolarity", "borderline")]},
    )
    said = annotate("studio", "pull")
    assert f"{keys[1]}: multipolarity was present, is now borderline" in said
    assert "1 held back; import them with --supersede" in said
    assert "1 superseded" in annotate("studio", "pull", "--supersede")
    assert line_of(labels, "anna", keys[1]).answers == {"multipolarity": "borderline"}


def project_of(server: Running, task: int) -> int:
    return int(server.lead.get(f"{server.url}/api/tasks/{task}").json()["project"])


def test_a_file_without_the_server_and_its_other_formats(
    annotate: Annotate, server: Running, labels: Any, tmp_path: Path
) -> None:
    keys, tasks = pushed(annotate, server, labels)
    server.annotate(server.lead, tasks[keys[1]], choice("multipolarity", "present"))
    project = project_of(server, tasks[keys[1]])
    reasons = {
        "JSON_MIN": "JSON-MIN gives a bare word", "CSV": "the CSV and TSV export gives",
        "TSV": "the CSV and TSV export gives", "CONLL2003": "CoNLL has only spans",
        "COCO": "with regions of pictures",
    }  # fmt: skip
    for form in ("JSON", *reasons):
        answer = server.lead.get(
            f"{server.url}/api/projects/{project}/export", params={"exportType": form}
        )
        path = tmp_path / f"project (1).{form}"
        path.write_bytes(answer.content)
        if form in reasons:
            assert reasons[form] in annotate("import", str(path), code=1)
        else:
            assert "1 added" in annotate("import", str(path))
    assert line_of(labels, "anna", keys[1]).answers == {"multipolarity": "present"}
    # The same answer again, from the server this time.
    assert "0 added, 1 already known" in annotate("studio", "pull")


def test_a_personal_token_and_a_wrong_one(
    annotate: Annotate, server: Running, labels: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels.write_text(TEXTS[0])
    made = server.lead.post(f"{server.url}/api/token/", json={}).json()["token"]
    monkeypatch.setenv(studio.TOKEN, made)
    assert "1 passages sent" in annotate("studio", "push")
    monkeypatch.setenv(studio.TOKEN, "f" * 40)
    said = annotate("studio", "push", code=1)
    assert "the token in LABEL_STUDIO_API_KEY was rejected" in said


def test_suggestions_are_shown_and_answers_say_that_they_were(
    annotate: Annotate,
    server: Running,
    labels: Any,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = labels.write_text(TEXTS[1])

    def suggestions(*_: Any) -> studio.Suggest:
        return lambda items: ([{"multipolarity": "present"} for _ in items], "m1")

    monkeypatch.setattr(words_of_studio, "_suggestions", suggestions)
    said = annotate("studio", "push", "studio.prefill=true")
    project = int(said.partition("/projects/")[2].partition(":")[0])
    task = server.tasks(project)[key]
    [suggested] = server.lead.get(f"{server.url}/api/tasks/{task}").json()["predictions"]
    assert suggested["model_version"] == "m1"
    server.annotate(server.lead, task, *suggested["result"], parent_prediction=suggested["id"])
    annotate("studio", "pull")
    line = line_of(labels, "anna", key)
    assert (line.answers, str(line.source)[-9:]) == ({"multipolarity": "present"}, "prefilled")


@pytest.fixture
def tab(server: Running) -> Iterator[Page]:
    """A coder's browser, logged in as the lead."""
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if program is None or importlib.util.find_spec("playwright") is None:
        pytest.skip("no Chromium or playwright on this machine")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.set_default_timeout(120_000)  # a machine may be busy
        tab.goto(f"{server.url}/user/login/")
        tab.fill("input[name=email]", LEAD)
        tab.fill("input[name=password]", PASSWORD)
        tab.click("button[type=submit]")
        tab.wait_for_url(lambda url: "/login" not in url)
        yield tab
        browser.close()


WORD = """word => {
  for (const line of document.querySelectorAll('.passage .lsf-richtext__line')) {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const at = node.data.indexOf(word);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      const box = range.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    }
  }
}"""


def test_a_coder_in_a_browser(
    annotate: Annotate, server: Running, labels: Any, tab: Page, tmp_path: Path
) -> None:
    keys, tasks = pushed(annotate, server, labels)
    task = tasks[keys[0]]
    tab.goto(f"{server.url}/projects/{project_of(server, task)}/data?task={task}")
    tab.locator(".question").first.wait_for()
    tab.get_by_text("Integration and partnership", exact=True).first.click()
    x, y = tab.evaluate(WORD, "Ministers")
    tab.mouse.dblclick(x, y)
    row = tab.locator(".question", has_text="Integration and partnership")
    row.get_by_text("present").click()
    tab.locator(".question", has_text="The West").get_by_text("can’t say").click()
    tab.screenshot(path=tmp_path / "label-studio.png")
    with tab.expect_response(lambda r: "annotations" in r.url and r.request.method == "POST"):
        tab.get_by_role("button", name="Submit").click()
    annotate("studio", "pull")
    line = line_of(labels, "anna", keys[0])
    assert line.answers == {"integration": "present", "stance:west": "cannot_say"}
    assert line.evidence == {"integration": "Ministers"}
    exported = server.lead.get(f"{server.url}/api/tasks/{task}").json()["annotations"][0]
    [value] = [r["value"] for r in exported["result"] if r["type"] == "labels"]
    # Two emoji and a space are 3 code points or 5 UTF-16 units; which of them is told has changed
    # from version to version (1.23 tells 3), and the words are found either way.
    assert value["start"] in (3, 5), json.dumps(value)
    assert value["text"].strip() == "Ministers"


def test_a_long_queue_is_sent_in_parts_and_none_of_it_twice(
    server: Running, request: pytest.FixtureRequest
) -> None:
    book = codebooks.load(CODEBOOK)
    client = studio.LabelStudio(server.url, TOKEN)
    rows = [
        {"passage_id": f"{i:016x}", "text": f"It rains on day {i}.", "opening": "", "before": "",
         "language": "en", "post": "p", "position": i}
        for i in range(1100)
    ]  # fmt: skip
    name = request.node.name[:30]
    for rounds in (1000, 1100):
        queue = page.queue(rows[:rounds], book, "studio")
        done = studio.push(client, queue, book, name=name, annotators=1)
    assert (done.sent, done.known) == (100, 1000)
