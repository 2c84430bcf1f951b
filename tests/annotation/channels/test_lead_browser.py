"""The lead's page in a real Chromium: what coders said stands below each question."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.annotation.channels.page import queue, read, render
from pipeline.annotation.queue.queue_file import CoderAnswer, QueueItem
from pipeline.codebook import Codebook
from pipeline.text.passage_id import passage_id
from tests.annotation.channels.test_page_browser import (  # noqa: F401
    chromium,
    codebook,
    context,
    page,
    press,
    saved,
    start,
    where,
)

pytestmark = pytest.mark.acceptance

ATTACK = "<img src=x onerror=alert(1)>"
TEXT = "The ministers met and promised to deepen the partnership."


def test_the_lead_sees_every_answer_and_settles_with_one_key(
    page: object,  # noqa: F811
    codebook: Codebook,  # noqa: F811
    tmp_path: Path,
) -> None:
    from playwright.sync_api import Page

    assert isinstance(page, Page)
    said = (
        CoderAnswer(
            "integration", "anna", "present", evidence="deepen the partnership", note=ATTACK
        ),
        CoderAnswer("integration", "boris", "absent"),
    )
    item = QueueItem(passage_id(TEXT), TEXT, "", "", "en", "p", 0, "settle", ("integration",),
                   said=said)  # fmt: skip
    path = tmp_path / "lead.html"
    made = queue([item.row()], codebook, "lead")
    path.write_text(render(made, codebook, "# How to settle"), encoding="utf-8")
    page.goto(path.as_uri())
    assert "You settle these." in page.inner_text("#welcome")
    page.click("#read-instructions")
    assert page.is_visible("#instructions h3")
    start(page, path.as_uri())
    assert where(page).startswith("Passage 1 of 1")
    shown = page.locator(".question:visible")
    assert shown.count() == 1
    assert shown.locator(".said li").all_inner_texts() == [
        f"anna present · “deepen the partnership” · {ATTACK}", "boris absent"
    ]  # fmt: skip
    assert page.locator("#questions img").count() == 0
    # A contested question without a choice is not answered absent.
    assert page.locator("#questions input:checked").count() == 0
    press(page, "Enter")
    assert page.inner_text("#count") == "0 of 1 kept"
    assert "No answer yet" in page.inner_text("#say")
    press(page, "6 Enter")
    page.click("#save [data-close]")
    (line,) = read(saved(page, tmp_path), codebook, {}).lines["lead"]
    assert (line.asked, dict(line.answers)) == (("integration",), {"integration": "present"})
    assert line.source is not None
    assert line.source.startswith("adjudication page ")


def test_absent_is_a_choice_of_the_lead_and_what_is_left_open_stays_open(
    page: object,  # noqa: F811
    codebook: Codebook,  # noqa: F811
    tmp_path: Path,
) -> None:
    from playwright.sync_api import Page

    assert isinstance(page, Page)
    asked = ("integration", "multipolarity")
    said = tuple(
        CoderAnswer(question, coder, answer)
        for question in asked
        for coder, answer in (("anna", "present"), ("boris", "absent"))
    )
    item = QueueItem(passage_id(TEXT), TEXT, "", "", "en", "p", 0, "settle", asked, said=said)
    path = tmp_path / "lead.html"
    path.write_text(render(queue([item.row()], codebook, "lead"), codebook), encoding="utf-8")
    start(page, path.as_uri())
    page.click("#q5 .absent input")
    page.reload()
    assert page.locator("#questions input:checked").count() == 1
    page.wait_for_timeout(450)
    page.keyboard.press("Enter")
    page.click("#save [data-close]")
    (line,) = read(saved(page, tmp_path), codebook, {}).lines["lead"]
    assert (line.asked, dict(line.answers)) == (("integration",), {})
