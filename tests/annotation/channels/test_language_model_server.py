"""A language model as a coder, against a server that misbehaves in every way it can."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.annotation.channels import language_model
from pipeline.annotation.channels.language_model import Run, Settings, answer_store, endpoint
from pipeline.annotation.channels.page.queue import Item
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.channels.scripted_server import (
    Reply,
    Request,
    Script,
    coded,
    scripted,
    written,
)

pytestmark = pytest.mark.slow

SETTINGS = Settings(
    url="", model="tiny", questions="together", rules="full", samples=1, temperature=0.0,
    max_tokens=500, concurrency=1, per_minute=None, most_requests=None, most_tokens=None,
    timeout=5.0, attempts=3,
)  # fmt: skip
Asked = Callable[..., tuple[Run, list[Line], list[Request]]]


def item(number: int, text: str = "It pours in town.") -> Item:
    return Item(f"{number:016x}", text, "The weather", "", "en")


@pytest.fixture
def asked(tmp_path: Path, small_codebook: Codebook) -> Asked:
    def ask(script: Script, *items: Item, **changes: Any) -> tuple[Run, list[Line], list[Request]]:
        """Ask about the items (one, where none is given) and return run, lines and requests."""
        queue = items or (item(1),)
        with scripted(script) as server:
            settings = replace(SETTINGS, url=server.url, **changes)
            run, given = language_model.ask(
                queue, small_codebook, settings, tmp_path / "answers", first_wait=0.01
            )
        lines = list(language_model.lines(queue, given, small_codebook, settings))
        return run, lines, server.requests

    return ask


def one_after_another(*replies: Reply) -> Script:
    """The n-th reply to the n-th request, the last one to all that follow."""
    return lambda number, _: replies[min(number, len(replies) - 1)]


def contents(folder: Path) -> str:
    return "".join(p.read_text() for p in sorted(folder.rglob("*")) if p.is_file())


def test_an_answer_becomes_a_line_with_its_evidence_as_the_passage_has_it(asked: Asked) -> None:
    run, (line,), (request,) = asked(
        lambda *_: coded(rain=("present", "it  POURS"), town="neutral")
    )
    assert (run.tasks, run.answered, run.incomplete, run.stopped) == (1, 1, 0, None)
    assert line.answers == {"rain": "present", "stance:town": "neutral"}
    assert line.evidence == {"rain": "It pours"}
    assert line.asked is None and (line.source or "").startswith("language_model ")
    assert request.path == "/v1/chat/completions"
    assert request.body["response_format"]["json_schema"]["schema"]["required"] == [
        "rain", "wind", "stance:town",
    ]  # fmt: skip
    assert "water falls from the sky" in request.body["messages"][0]["content"]
    assert "It pours in town." in request.passage and "The weather" in request.passage


def test_definitions_alone_leave_cases_out(asked: Asked) -> None:
    _, _, (request,) = asked(lambda *_: coded(), rules="definitions")
    system = request.body["messages"][0]["content"]
    assert "It rains." in system and "water falls" not in system


def test_questions_apart_are_a_request_each(asked: Asked) -> None:
    def script(_: int, request: Request) -> Reply:
        (name,) = request.body["response_format"]["json_schema"]["schema"]["required"]
        return written(json.dumps({name: "present" if name == "wind" else "absent"}))

    _, (line,), requests = asked(script, questions="apart")
    assert len(requests) == 3 and line.answers == {"wind": "present"} and line.asked is None


def test_samples_give_a_share_and_a_tie_is_no_answer(asked: Asked) -> None:
    three = one_after_another(coded(rain="present"), coded(rain="present", wind="present"), coded())
    _, (line,), _ = asked(three, samples=3)
    assert line.answers == {"rain": "present"}
    assert line.note == "shares of samples: rain present 67%, wind absent 67%"
    _, (tied,), _ = asked(one_after_another(coded(rain="present"), coded()), item(2), samples=2)
    assert tied.answers == {"rain": "cannot_say"}


@pytest.mark.parametrize("known", ["json_object", None])
def test_a_server_without_schemas_gets_json_mode_then_plain_text(
    asked: Asked, known: str | None
) -> None:
    def script(_: int, request: Request) -> Reply:
        form = request.body.get("response_format", {}).get("type")
        if form != known:
            return Reply(b'{"error": {"message": "response_format is not known"}}', 400)
        return written(f"Here it is:\n```json\n{json.dumps(ABSENT | {'rain': 'present'})}\n```")

    run, lines, requests = asked(script, item(1), item(2))
    assert [line.answers for line in lines] == [{"rain": "present"}] * 2
    # Only the first passage finds out what the server knows.
    assert len(requests) == (3 if known else 4) and run.failed == {}


ABSENT = {"rain": "absent", "wind": "absent", "stance:town": "absent"}
WRONG: dict[str, tuple[Reply, str]] = {
    "unknown answer": (coded(rain="heavy"), "rain: unknown answer 'heavy'"),
    "evidence from elsewhere": (coded(rain=("present", "it snows")), "'it snows' is not"),
    "unknown question": (written(json.dumps(ABSENT | {"rian": "absent"})), "did you mean 'rain'"),
    "question left out": (
        written('{"rain": "absent", "wind": "absent"}'),
        "stance:town is missing",
    ),
    "wrong schema": (written('{"answers": [1, 2]}'), "rain is missing"),
    "cut off": (
        written('{"rain": {"answer": "pres', finish_reason="length"),
        "cut off after llm.max_tokens=500",
    ),
    "broken JSON": (written('{"rain": nothing}'), "not JSON"),
    "empty": (written(""), "the answer is empty"),
    "refusal": (written("I cannot help with that."), "expected a JSON object, got"),
    "thought without end": (written("<think>It rains, so {"), "the answer is empty"),
    "no envelope": (Reply(b'{"detail": "fine"}'), "has no message"),
    "no JSON at all": (Reply(b"<html>busy</html>"), "has no message"),
    "10 MB": (Reply(b" " * 10_000_001), "more than 10 MB"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_breaks_the_rules_is_asked_again_once_with_what_was_wrong(
    asked: Asked, kind: str
) -> None:
    reply, complaint = WRONG[kind]
    run, (line,), (first, again) = asked(one_after_another(reply, coded(wind="present")))
    assert line.answers == {"wind": "present"} and run.incomplete == 0
    assert first.body["messages"] == again.body["messages"][:2]
    assert complaint in again.body["messages"][-1]["content"]


@pytest.mark.parametrize("kind", WRONG)
def test_what_breaks_the_rules_twice_is_no_answer_and_is_not_asked_a_third_time(
    asked: Asked, kind: str
) -> None:
    reply, _ = WRONG[kind]
    run, lines, requests = asked(lambda *_: reply)
    assert (run.answered, run.incomplete, len(requests)) == (1, 1, 2)
    for line in lines:  # what was answered by the rules counts, the rest was not asked
        assert line.asked is not None or kind == "unknown question"
        assert "heavy" not in line.answers.values() and not line.evidence
    run, _, requests = asked(lambda *_: reply)
    assert (run.done_before, requests) == (1, [])


FAILING: dict[str, Reply] = {
    "429": Reply(b'{"error": {"message": "slow down"}}', 429),
    "500": Reply(b"oops", 500),
    "503": Reply(b"", 503),
    "timeout": replace(coded(), delay=1.0),
    "connection cut": replace(coded(), cut=True),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_failure_on_the_way_is_tried_again(asked: Asked, kind: str) -> None:
    run, (line,), requests = asked(
        one_after_another(FAILING[kind], coded(rain="present")), timeout=0.5
    )
    assert line.answers == {"rain": "present"} and len(requests) == 2 and run.failed == {}
    assert run.requests == 2  # the budget counts what was sent


def test_a_server_that_stays_down_stops_the_run_and_leaves_the_rest_for_later(asked: Asked) -> None:
    queue = [item(n) for n in range(20)]
    run, lines, requests = asked(lambda *_: FAILING["500"], *queue)
    assert lines == [] and "500: oops" in (run.stopped or "")
    assert len(requests) == 5 * 3  # five passages in a row, three tries each
    run, lines, _ = asked(lambda *_: coded(), *queue)
    assert (run.done_before, run.answered, len(lines)) == (0, 20, 20)


def test_retry_after_is_obeyed(asked: Asked) -> None:
    slow = Reply(b"", 429, {"Retry-After": "1"})
    _, _, (first, second) = asked(one_after_another(slow, coded()))
    assert second.at - first.at >= 1.0


def test_a_server_that_asks_for_hours_ends_the_run(asked: Asked) -> None:
    run, _, requests = asked(lambda *_: Reply(b"", 429, {"Retry-After": "7200"}))
    assert "2.0 hours" in (run.stopped or "") and len(requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_nothing_goes_there(asked: Asked, status: int) -> None:
    with scripted(lambda *_: coded()) as elsewhere:
        moved = Reply(b"", status, {"Location": f"{elsewhere.url}/chat/completions"})
        run, lines, requests = asked(lambda *_: moved, item(1), item(2))
    assert elsewhere.requests == [] and lines == [] and len(requests) == 1
    assert "redirects to 127.0.0.1; redirects are not followed" in (run.stopped or "")


def test_the_key_is_sent_and_stands_in_no_file_and_no_message(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(language_model.KEY, "sk-secret-1")
    _, (line,), (request, _) = asked(
        one_after_another(written("your key is sk-secret-1"), coded(rain="present"))
    )
    assert request.headers["Authorization"] == "Bearer sk-secret-1"
    run, _, _ = asked(lambda *_: Reply(b"no such key: sk-secret-1", 401), item(2))
    assert "rejected (401): no such key: ***" in (run.stopped or "")
    assert "secret" not in contents(tmp_path) + line.to_json() + repr(run)


def test_one_passage_that_the_server_refuses_does_not_stop_the_others(asked: Asked) -> None:
    def script(_: int, request: Request) -> Reply:
        too_long = "long" in request.passage
        return Reply(b"context length exceeded", 400) if too_long else coded(rain="present")

    run, lines, _ = asked(script, item(1), item(2, "A long one."), item(3))
    assert run.stopped is None and len(lines) == 2
    ((reason, number),) = run.failed.items()
    assert "context length exceeded" in reason and number == 1


def test_the_budget_of_requests_is_kept_with_retries_counted(asked: Asked) -> None:
    queue = [item(n) for n in range(9)]
    script = one_after_another(FAILING["503"], coded())
    run, lines, requests = asked(script, *queue, most_requests=4, concurrency=3)
    assert len(requests) == run.requests == 4 and len(lines) == 3
    assert run.stopped == "the budget of 4 requests is used up"
    run, lines, requests = asked(lambda *_: coded(), *queue)
    assert (run.done_before, len(requests), len(lines)) == (3, 6, 9)


def test_the_budget_of_tokens_is_never_passed(asked: Asked) -> None:
    run, _, requests = asked(lambda *_: coded(), *[item(n) for n in range(30)], most_tokens=2500)
    assert run.tokens == 100 * len(requests) <= 2500
    assert 5 <= len(requests) < 30 and "tokens" in (run.stopped or "")


def test_a_plan_says_what_is_to_be_asked_before_anything_is(
    small_codebook: Codebook, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, url="http://127.0.0.1:9/v1", samples=2)
    plan = language_model.plan([item(1), item(2)], small_codebook, settings, tmp_path)
    assert (len(plan.tasks), len(plan.waiting)) == (4, 4)
    assert 4 * 500 < plan.tokens < 4 * 2000


def test_requests_keep_the_rate(asked: Asked) -> None:
    _, _, requests = asked(
        lambda *_: coded(), *[item(n) for n in range(4)], per_minute=300, concurrency=4
    )
    gaps = [b.at - a.at for a, b in itertools.pairwise(requests)]
    assert min(gaps) > 0.15  # 60 s / 300 = 0.2 s, less what the network wobbles


def test_requests_go_at_once_as_many_as_are_allowed(asked: Asked) -> None:
    started = time.monotonic()
    asked(lambda *_: replace(coded(), delay=0.4), *[item(n) for n in range(8)], concurrency=8)
    assert time.monotonic() - started < 8 * 0.4


def test_another_model_wording_codebook_or_setting_is_asked_anew(
    asked: Asked, small_codebook: Codebook
) -> None:
    asked(lambda *_: coded())
    changes: list[dict[str, Any]] = [
        {"model": "other"}, {"rules": "definitions"}, {"temperature": 1.0}, {"concurrency": 2},
    ]  # fmt: skip
    sent = [len(asked(lambda *_: coded(), **change)[2]) for change in changes]
    assert sent == [1, 1, 1, 0]  # how fast it is asked bears on no answer
    other = replace(small_codebook, digest="another")
    assert answer_store.fingerprint(SETTINGS, other) != answer_store.fingerprint(
        SETTINGS, small_codebook
    )


def test_half_a_line_that_a_kill_left_is_asked_again(asked: Asked, tmp_path: Path) -> None:
    asked(lambda *_: coded(), item(1), item(2))
    (path,) = (tmp_path / "answers").glob("tiny-*.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    run, lines, requests = asked(lambda *_: coded(rain="present"), item(1), item(2))
    assert (run.done_before, len(requests), len(lines)) == (1, 1, 2)


CHILD = """
import json, sys
from pathlib import Path
from pipeline import codebook
from pipeline.annotation.channels import language_model
from tests.annotation.channels.test_language_model_server import SETTINGS, item
from tests.conftest import SMALL_CODEBOOK
from dataclasses import replace
settings = replace(SETTINGS, url=sys.argv[1], concurrency=2, timeout=60.0)
book = codebook.parse(SMALL_CODEBOOK, "small")
run, _ = language_model.ask([item(n) for n in range(6)], book, settings, Path(sys.argv[2]))
print(json.dumps([run.stopped, run.answered]))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_goes_on_where_it_was(
    asked: Asked, tmp_path: Path, how: signal.Signals
) -> None:
    """Ctrl-C and a kill while the fourth and fifth passage are under way."""
    folder = tmp_path / "answers"

    def script(number: int, _: Request) -> Reply:
        return coded() if number < 3 else replace(coded(), delay=50.0)

    with scripted(script) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, server.url, str(folder)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        waited = time.monotonic()
        while len(server.requests) < 5 and time.monotonic() - waited < 60:
            time.sleep(0.05)
        time.sleep(0.5)
        child.send_signal(how)
        out, err = child.communicate(timeout=30)
    if how is signal.SIGINT:
        assert json.loads(out) == ["interrupted", 3] and "Traceback" not in err
    queue = [item(n) for n in range(6)]
    run, lines, requests = asked(lambda *_: coded(), *queue)
    assert (run.done_before, len(requests), len(lines)) == (3, 3, 6)


def test_two_runs_that_would_ask_the_same_do_not(small_codebook: Codebook, tmp_path: Path) -> None:
    settings = replace(SETTINGS, url="http://127.0.0.1:9/v1")
    script = (
        "import sys\nfrom pathlib import Path\nfrom pipeline.io.locking import changing\n"
        "with changing(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    path = tmp_path / f"tiny-{answer_store.fingerprint(settings, small_codebook)}.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="another process"):
            language_model.ask([item(1)], small_codebook, settings, tmp_path)


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://here/v1", "http://me:word@here/v1", "http://[::1", "http://h/v1?key=1"]
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"llm\.url"):
        endpoint.checked_url(url)


def test_only_this_machine_is_this_machine() -> None:
    here = ["http://localhost:1/v1", "http://127.0.0.2/v1", "http://[::1]:80", "http://a.localhost"]
    away = ["https://api.example.org/v1", "http://192.168.0.2/v1", "http://localhost.example.org"]
    assert all(map(language_model.on_this_machine, here))
    assert not any(map(language_model.on_this_machine, away))
