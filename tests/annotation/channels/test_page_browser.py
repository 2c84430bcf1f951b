"""The page in a real Chromium, as a coder uses it: keys, reload, undo, corrections, the file."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import importing, store
from pipeline.annotation.channels.page import queue, read, render
from pipeline.codebook import Codebook
from pipeline.text.passage_id import clean, passage_id

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

pytestmark = pytest.mark.acceptance

Build = Callable[..., str]
TEXTS = [f"Passage {i}: the ministers met and spoke of rain, wind and the town." for i in range(6)]


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return codebooks.load(Path(__file__).parents[3] / "labels" / "codebook.yaml")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine; install it (Debian: apt-get install chromium)")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed; `make acceptance` installs it")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(offline=True)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; the test fails when the page throws or its policy stops something."""
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    yield page
    assert wrong == []


@pytest.fixture
def build(codebook: Codebook, tmp_path: Path) -> Build:
    """Texts of one post → the address of their page; ``asked`` as for a queue."""

    def write(texts: Sequence[str] = TEXTS, *, asked: Sequence[str] | None = None) -> str:
        rows: list[dict[str, Any]] = [
            {"passage_id": passage_id(text), "text": text, "opening": texts[0] if i else "",
             "before": "", "language": "en", "post": "p", "position": i}
            for i, text in enumerate(texts)
        ]  # fmt: skip
        some = None if asked is None else {row["passage_id"]: asked for row in rows}
        path = tmp_path / "anna.html"
        path.write_text(
            render(queue(rows, codebook, "anna", asked=some), codebook), encoding="utf-8"
        )
        return path.as_uri()

    return write


def start(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#begin")


READ = 450  # milliseconds after which a passage may have been read


def press(page: Page, keys: str) -> None:
    """Press key after key; before Enter the passage is looked at, unless it was marked just now."""
    before = "Enter"
    for key in keys.split():
        if key == "Enter" and before in ("Enter", "x"):
            page.wait_for_timeout(READ)
        page.keyboard.press(key)
        before = key


def where(page: Page) -> str:
    return page.inner_text("#where")


def answers(page: Page) -> dict[int, str]:
    """Place of the question → the answer that is chosen, where that is not absent."""
    found = page.eval_on_selector_all(
        "#questions input:checked", "nodes => nodes.map(node => [node.name.slice(1), node.value])"
    )
    return {int(number): value for number, value in found if value != "absent"}


def saved(page: Page, folder: Path) -> Path:
    page.click("#open-save")
    with page.expect_download() as download:
        page.click("#save-file")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    page.click("#save [data-close]")
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_coding_by_keyboard_alone(page: Page, build: Build, tmp_path: Path) -> None:
    page.goto(build())
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "begin":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert where(page) == "Passage 1 of 6 · new"
    # Once present, twice borderline; targets: neutral, favour, against; Shift: cannot say.
    press(page, "1 2 2 q w w e e e Shift+KeyR")
    assert answers(page) == {0: "present", 1: "borderline", 8: "neutral", 9: "favour",
                             10: "against", 11: "cannot_say"}  # fmt: skip
    press(page, "1 1 2 q q q w w e Shift+KeyR")
    assert answers(page) == {}
    press(page, "1 n")
    page.keyboard.type("a note, with 1 2 q in it")
    page.keyboard.press("Control+Enter")
    assert where(page) == "Passage 2 of 6 · new"
    press(page, "Enter")
    assert page.inner_text("#count") == "2 of 6 kept"
    first, second = rows_of(saved(page, tmp_path))
    assert first["answers"] == {"multipolarity": "present"}
    assert first["note"] == "a note, with 1 2 q in it"
    assert (second["answers"], second["asked"], second["coder"]) == ({}, "all", "anna")
    assert "note" not in second


def test_keys_work_on_a_keyboard_of_another_alphabet(page: Page, build: Build) -> None:
    start(page, build())
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        "{key: 'й', code: 'KeyQ', bubbles: true}))"
    )
    assert answers(page) == {8: "neutral"}


def test_keys_can_be_turned_off_and_every_answer_has_its_button(page: Page, build: Build) -> None:
    start(page, build())
    press(page, "h")
    page.click("#keys-on")
    page.click("#keys [data-close].main")
    press(page, "1 Enter")
    assert answers(page) == {}
    page.focus("#q0 input:checked")
    press(page, "ArrowRight ArrowRight")
    assert answers(page) == {0: "borderline"}


def test_answers_are_there_again_after_a_reload_and_in_another_tab(
    page: Page, context: BrowserContext, build: Build
) -> None:
    address = build()
    start(page, address)
    press(page, "1 Enter 2 2 q n")
    page.keyboard.type("unfinished")
    page.reload()
    assert where(page) == "Passage 2 of 6 · marked, not kept"
    assert answers(page) == {1: "borderline", 8: "neutral"}
    assert page.input_value("#note") == "unfinished"
    other = context.new_page()
    other.goto(address)
    assert other.inner_text("#count") == "1 of 6 kept"
    other.keyboard.press("3")
    page.wait_for_function("document.querySelector('#q2 input:checked').value === 'present'")


def test_undo_goes_back_step_by_step(page: Page, build: Build) -> None:
    start(page, build())
    press(page, "1 1 Enter x 3")
    assert where(page).startswith("Passage 3")
    press(page, "z")
    assert answers(page) == {}
    press(page, "z")
    assert where(page) == "Passage 2 of 6 · new"
    press(page, "z")
    assert where(page) == "Passage 1 of 6 · marked, not kept"
    assert answers(page) == {0: "borderline"}
    press(page, "z")
    assert answers(page) == {0: "present"}
    press(page, "z z")
    assert answers(page) == {}
    assert page.inner_text("#say") == "Nothing to undo."
    assert page.inner_text("#count") == "0 of 6 kept"


def test_an_earlier_answer_is_found_in_the_list_and_corrected(
    page: Page, build: Build, tmp_path: Path
) -> None:
    start(page, build())
    press(page, "1 Enter Enter Enter l")
    page.select_option("#list-state", "kept")
    assert page.inner_text("#list-count") == "3 passages"
    page.fill("#list-words", "passage 0")
    page.click("#list-rows button")
    assert where(page) == "Passage 1 of 6 · kept"
    press(page, "1")
    assert [row["answers"] for row in rows_of(saved(page, tmp_path))] == [
        {"multipolarity": "borderline"}, {}, {},
    ]  # fmt: skip


def test_enter_never_keeps_what_was_not_seen(page: Page, build: Build) -> None:
    start(page, build())
    page.wait_for_timeout(READ)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # by mistake: passage 2 has only just been shown
    assert (where(page), page.inner_text("#count")) == ("Passage 2 of 6 · new", "1 of 6 kept")
    assert "only just been shown" in page.inner_text("#say")
    press(page, "Enter")
    assert page.inner_text("#count") == "2 of 6 kept"


@pytest.mark.parametrize("button", ["#undo", "#cannot", "#q0 .name", "#q0 .present input"])
def test_enter_after_a_click_keeps_the_passage_that_is_shown(
    page: Page, build: Build, button: str
) -> None:
    """The button had the focus, so that Enter pressed it again."""
    start(page, build())
    press(page, "2")
    page.click(button)
    assert page.evaluate("document.activeElement.id") == "where"
    page.wait_for_timeout(READ)
    shown = answers(page)
    page.keyboard.press("Enter")
    assert (where(page), page.inner_text("#count")) == ("Passage 2 of 6 · new", "1 of 6 kept")
    page.keyboard.press("j")
    assert answers(page) == shown


def test_who_presses_a_button_by_keyboard_stays_on_it(page: Page, build: Build) -> None:
    start(page, build())
    press(page, "1 2")
    page.focus("#undo")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert answers(page) == {} and page.evaluate("document.activeElement.id") == "undo"


def test_a_key_scrolls_to_its_row_and_lights_it(page: Page, build: Build) -> None:
    page.set_viewport_size({"width": 800, "height": 300})
    start(page, build())
    press(page, "i")
    assert page.get_attribute("#q15", "class") == "question marked lit"
    inside = (
        "node => { const r = node.getBoundingClientRect(); return r.top >= 0 && r.bottom <= 300; }"
    )
    assert page.eval_on_selector("#q15", inside)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_all_questions_are_in_sight_and_the_passage_above_them(
    chromium: Browser, build: Build, width: int, height: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    text = "The ministers met and spoke of rain, wind and the town, and of partnership. " * 5
    start(page, build([text, text + "Again."]))
    press(page, "k")  # a passage with context
    bounds = "nodes => nodes.map(n => n.getBoundingClientRect()).map(r => [r.top, r.bottom])"
    rows = page.eval_on_selector_all(".question", bounds)
    ((_, header),) = page.eval_on_selector_all("header", bounds)
    ((footer, _),) = page.eval_on_selector_all("#bar", bounds)
    ((passage, end),) = page.eval_on_selector_all("#reading", bounds)
    assert len(rows) == 17
    assert header <= passage < end <= min(top for top, _ in rows)
    assert max(bottom for _, bottom in rows) <= footer
    # Nothing that can be tapped is smaller than the 24 pixels of WCAG 2.5.8.
    assert min(bottom - top for top, bottom in rows) >= 24
    page.evaluate("window.scrollTo(0, 10000)")
    ((passage, end),) = page.eval_on_selector_all("#reading", bounds)
    assert header - 1 <= passage and end > passage + 40
    context.close()


def test_on_a_phone_a_tap_goes_on_to_the_next_answer(chromium: Browser, build: Build) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    start(page, build())
    for expected in ("neutral", "favour", "against", None, "neutral"):
        page.locator("#q8 .answers input:visible").tap()
        assert answers(page).get(8) == expected
    context.close()


def test_skipped_passages_come_back_at_the_end(page: Page, build: Build) -> None:
    start(page, build(TEXTS[:3]))
    press(page, "x Enter Enter")
    assert where(page) == "Passage 1 of 3 · skipped"
    press(page, "Enter")
    assert page.is_visible("#save")
    assert "All passages are kept" in page.inner_text("#save-count")


def test_evidence_is_whole_words_by_keyboard_and_by_mouse(
    page: Page, build: Build, tmp_path: Path
) -> None:
    start(page, build())
    press(page, "1 v ArrowRight Shift+ArrowRight Enter")
    assert page.inner_text("#passage mark") == "0: the"
    press(page, "q")
    page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.getElementById('passage'), 4);
          let node; while ((node = walker.nextNode()) && !node.data.includes('ministers'));
          const at = node.data.indexOf('inisters');
          window.getSelection().setBaseAndExtent(node, at + 14, node, at);
        }"""
    )
    page.click("#evidence-bar button >> text=The West")
    assert page.locator("#passage mark").all_inner_texts() == ["0: the", "ministers met and"]
    assert page.inner_text("#passage") == TEXTS[0]
    # An answer that is taken back takes its evidence along.
    press(page, "2 2 2 1 1 Enter")
    [row] = rows_of(saved(page, tmp_path))
    assert row["evidence"] == {"stance:west": "ministers met and"}


def test_what_is_saved_is_what_the_labels_then_say(
    page: Page, build: Build, labels: Any, codebook: Codebook, tmp_path: Path
) -> None:
    for i, text in enumerate(TEXTS):
        labels.write_text(text, post="p", position=i)
    start(page, build())
    press(page, "1 v Enter Enter c Enter 3 3 p o o o Enter")
    path = saved(page, tmp_path)
    for _ in range(2):
        returned = read(path, codebook, {passage_id(text): text for text in TEXTS})
        importing.add(returned.lines["anna"], labels.annotations, "anna", codebook)
    table = store.read(
        texts=labels.texts, annotations=labels.annotations, coders=labels.coders, codebook=codebook
    )
    assert table.height == 3 * len(codebook.questions)
    found = {
        (TEXTS.index(text), question): answer
        for text in TEXTS
        for question, answer in table.filter(passage_id=passage_id(text))
        .select("question", "answer")
        .iter_rows()
        if answer != "absent"
    }
    expected = {(0, "multipolarity"): "present", (2, "sovereignty_claims"): "borderline",
                (2, "stance:russia"): "against"}  # fmt: skip
    expected |= {(1, question.name): "cannot_say" for question in codebook.questions}
    assert found == expected
    assert table.filter(question="multipolarity", answer="present")["evidence"].item() == "Passage"
    assert table["coded_at"].null_count() == 0


def test_a_saved_file_goes_on_in_another_browser(
    page: Page, chromium: Browser, build: Build, tmp_path: Path
) -> None:
    address = build()
    start(page, address)
    press(page, "1 Enter 2 Enter")
    path = saved(page, tmp_path)
    strange = {"coder": "boris", "passage_id": passage_id(TEXTS[4])}
    path.write_text(path.read_text(encoding="utf-8") + json.dumps(strange) + "\n{half\n")
    elsewhere = chromium.new_context().new_page()
    elsewhere.goto(address)
    elsewhere.click("#open-save")
    elsewhere.set_input_files("#saved-file", path)
    elsewhere.wait_for_function("document.getElementById('save-said').textContent !== ''")
    assert elsewhere.inner_text("#save-said").startswith("2 passages loaded from the file; 2 lines")
    assert elsewhere.inner_text("#count") == "2 of 6 kept"
    elsewhere.context.close()


def test_only_the_questions_that_are_asked_are_shown(
    page: Page, build: Build, tmp_path: Path
) -> None:
    start(page, build(asked=["integration", "stance:russia"]))
    assert page.locator(".question:visible").count() == 2
    press(page, "1 6 o Enter")
    [row] = rows_of(saved(page, tmp_path))
    assert row["asked"] == ["integration", "stance:russia"]
    assert row["answers"] == {"integration": "present", "stance:russia": "neutral"}


def test_practice_explains_and_its_result_is_kept(
    page: Page, build: Build, codebook: Codebook, tmp_path: Path
) -> None:
    page.goto(build())
    page.click("#begin-practice")
    assert not page.locator(".rule .examples:visible").count()
    wanted = codebook.frames[0].examples[0]
    assert page.inner_text("#practice-text") == wanted.text
    for number in range(12):
        page.keyboard.press("2")
        if number == 0:
            assert page.inner_text("#practice-feedback b") == "Correct."
            assert wanted.why in page.inner_text("#practice-feedback")
        page.keyboard.press("Enter")
    result = page.inner_text("#practice-title")
    assert result.endswith("of 12 as in the codebook")
    page.click("#practice-leave")
    press(page, "Enter")
    [row] = rows_of(saved(page, tmp_path))
    assert row["source"].endswith(f", practice {result.split()[0]}/12")


def test_rules_are_searched_and_follow_the_question(page: Page, build: Build) -> None:
    page.set_viewport_size({"width": 1366, "height": 800})
    start(page, build())
    press(page, "6")
    assert page.get_attribute("#rule5", "open") is not None
    press(page, "/")
    page.keyboard.type("hegemon")
    texts = page.locator(".rule:visible").all_inner_texts()
    assert texts
    assert all("hegemon" in text.lower() for text in texts)
    assert page.inner_text("#found") == f"{len(texts)} of 17 rules"
    press(page, "Escape")
    assert page.locator(".rule:visible").count() == 17


def test_hostile_words_run_nothing(page: Page, build: Build, tmp_path: Path) -> None:
    attack = (
        "</script><script>document.title='owned'</script><img src=x "
        "onerror=\"document.title='owned'\"> \u202egnirts\u2066 {{7*7}} <!--<script>"
    )
    start(page, build([attack, "Another passage."]))
    assert page.inner_text("#passage") == clean(attack)
    press(page, "1 v Shift+ArrowDown Enter Enter")
    assert page.inner_text("#context").endswith(clean(attack))
    press(page, "l Escape j")
    assert page.locator("#passage mark").count() == 1
    assert "owned" not in page.title()
    assert page.locator("img").count() == 0
    [row] = rows_of(saved(page, tmp_path))
    assert row["evidence"]["multipolarity"] in clean(attack)


def test_a_browser_that_keeps_nothing_says_so(
    context: BrowserContext, page: Page, build: Build, tmp_path: Path
) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }})"
    )
    start(page, build())
    assert "does not store data" in page.inner_text("#warning")
    press(page, "1 Enter")
    assert len(rows_of(saved(page, tmp_path))) == 1


def test_a_full_storage_is_said(page: Page, build: Build) -> None:
    start(page, build())
    page.evaluate(
        """() => {
          let i = 0;
          for (const size of [1000000, 10000, 100, 1]) {
            try { for (;;) localStorage.setItem(`fill${i++}`, "x".repeat(size)); } catch {}
          }
        }"""
    )
    press(page, "1")
    assert "storage is full" in page.inner_text("#warning")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.close(run_before_unload=True)
    page.wait_for_event("close")
    assert asked == ["beforeunload"]


def test_ten_thousand_passages_stay_quick(page: Page, build: Build, tmp_path: Path) -> None:
    texts = [f"Passage number {i} says something. " * 15 for i in range(10_000)]
    started = time.perf_counter()
    start(page, build(texts))
    page.wait_for_selector("#where")
    assert time.perf_counter() - started < 20
    started = time.perf_counter()
    press(page, "1 q Enter " * 20)
    # Sixty keys; a key that took a tenth of a second would be felt.
    assert time.perf_counter() - started < 60 * 0.1
    assert page.inner_text("#count") == "20 of 10000 kept"
    assert page.evaluate("document.querySelectorAll('*').length") < 3000
    press(page, "l")
    assert page.locator("#list-rows li").count() == 100
    page.fill("#list-words", "number 9999 ")
    assert page.inner_text("#list-count") == "1 passage"
    page.click("#list-rows button")
    assert where(page).startswith("Passage 10000 of 10000")
    assert len(rows_of(saved(page, tmp_path))) == 20


@pytest.mark.parametrize(("width", "height"), [(1366, 800), (390, 844), (320, 568)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge_and_everything_has_a_name(
    chromium: Browser, build: Build, width: int, height: int, scheme: Any
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    start(page, build())
    assert page.get_attribute("html", "data-theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unnamed = page.eval_on_selector_all(
        "button, input, select, textarea, [role=radiogroup], dialog",
        """nodes => nodes.filter(node => !(
          node.getAttribute('aria-label') || node.getAttribute('aria-labelledby')
          || node.textContent.trim() || node.labels?.length
        )).map(node => node.outerHTML)""",
    )
    assert unnamed == []
    context.close()
