"""The page as a document; what its script does is tried in ``test_page_browser.py``."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from pipeline import codebook as codebooks
from pipeline.annotation.channels.page import queue, render
from pipeline.annotation.channels.page.keys import assign
from pipeline.annotation.channels.page.practice import LENGTH, choose
from pipeline.codebook import Codebook
from pipeline.text.passage_id import clean, passage_id

SHIPPED = Path(__file__).parents[3] / "labels" / "codebook.yaml"
ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>]]>&amp;{{ 7*7 }}\u2028"


@pytest.fixture(scope="module")
def shipped() -> Codebook:
    return codebooks.load(SHIPPED)


def built(texts: Sequence[str], codebook: Codebook, **more: Any) -> str:
    rows = [
        {"passage_id": passage_id(text), "text": text, "opening": text, "before": "",
         "language": "en", "post": str(i), "position": 0} | more
        for i, text in enumerate(texts)
    ]  # fmt: skip
    return render(queue(rows, codebook, "anna"), codebook)


def data_of(page: str) -> dict[str, Any]:
    node = LexborHTMLParser(page).css_first("#data")
    assert node is not None
    found = json.loads(node.text())
    assert isinstance(found, dict)
    return found


def attack_codebook(frames: int = 1, targets: int = 1) -> Codebook:
    def rule(code: str) -> dict[str, Any]:
        example = {"language": "en", "answer": "absent", "text": ATTACK, "why": ATTACK}
        return {
            "code": code, "name": {"en": f"{code} {ATTACK}"}, "definition": ATTACK,
            "present_when": [ATTACK], "not_when": [ATTACK], "examples": [example],
        }  # fmt: skip

    content = {
        "version": ATTACK, "title": ATTACK, "unit": ATTACK,
        "frames": [rule(f"f{i}") for i in range(frames)],
        "targets": [rule(f"t{i}") for i in range(targets)],
        "rulings": [{"code": "r", "text": ATTACK, "applies_to": ["f0"]}],
    }  # fmt: skip
    return codebooks.parse(json.dumps(content).encode(), "attack.yaml")


def test_hostile_words_stay_words() -> None:
    page = built([ATTACK], attack_codebook())
    document = LexborHTMLParser(page)
    assert len(document.css("script")) == 2
    assert not document.css("img")
    assert data_of(page)["passages"][0][1] == clean(ATTACK)
    assert "alert(1)</script>" not in page


def test_the_policy_allows_exactly_this_style_and_script(shipped: Codebook) -> None:
    document = LexborHTMLParser(built(["A text."], shipped))
    meta = document.css_first('meta[http-equiv="Content-Security-Policy"]')
    assert meta is not None
    for name, selector in (("style", "style"), ("script", "script:not([type])")):
        [node] = document.css(selector)
        digest = b64encode(hashlib.sha256(node.text().encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in str(meta.attributes["content"])
    assert "default-src 'none'" in str(meta.attributes["content"])


def test_the_page_asks_nothing_of_any_network(shipped: Codebook) -> None:
    page = built(["A text."], shipped)
    assert not re.search(r"https?://|//[a-z]+\.|@import|url\(|fetch\(|XMLHttp|WebSocket", page)
    document = LexborHTMLParser(page)
    assert not document.css("[src], link, iframe, object, embed, form, base, [style], [onclick]")


def test_every_question_its_answers_and_its_rule_are_there(shipped: Codebook) -> None:
    document = LexborHTMLParser(built(["A text."], shipped))
    groups = document.css("[role=radiogroup]")
    assert len(groups) == len(shipped.questions) == 17
    for group, question in zip(groups, shipped.questions, strict=True):
        values = [node.attributes["value"] for node in group.css("input[type=radio]")]
        assert set(values) == set(question.answers)
        assert values[0] == "absent"
    rules = [node.text() for node in document.css("details.rule")]
    assert len(rules) == 17
    for text, question in zip(rules, shipped.questions, strict=True):
        rule = question.rule
        examples = [part for e in rule.examples for part in (e.text, e.why)]
        rulings = [r.text for r in shipped.rulings if rule.code in r.applies_to]
        for words in (rule.definition, *rule.present_when, *rule.not_when, *examples, *rulings):
            assert words in text


@pytest.mark.parametrize(("frames", "targets"), [(1, 0), (3, 1), (12, 9), (30, 30)])
def test_any_codebook_makes_a_page(frames: int, targets: int) -> None:
    codebook = attack_codebook(frames, targets)
    document = LexborHTMLParser(built(["A text."], codebook))
    assert len(document.css("[role=radiogroup]")) == frames + targets
    assert len(document.css("details.rule")) == frames + targets
    keys = [key for key in assign(codebook).values() if key]
    assert len(keys) == len(set(keys))
    # Ten digits and sixteen letters: whoever comes first gets one.
    assert len(keys) == min(frames + targets, 26)
    assert not set(keys) & set("cxzjklvnh/")


def test_the_shipped_keys_are_digits_for_frames_and_letters_for_targets(shipped: Codebook) -> None:
    assert "".join(assign(shipped).values()) == "12345678qwertyuio"


def test_contexts_of_a_post_stand_once(shipped: Codebook) -> None:
    opening = "An opening that many passages share."
    page = built([f"Text {i}." for i in range(50)], shipped, opening=opening)
    assert page.count(opening) == 1


def test_ten_thousand_passages_stay_smaller_than_their_texts_and_a_little(
    shipped: Codebook,
) -> None:
    texts = [f"Passage {i} " + "says some words. " * 30 for i in range(10_000)]
    empty = len(built(["A text."], shipped))
    page = built(texts, shipped, opening="")
    # What a passage adds: its text, its id of 16, its language, numbers, quotes and commas.
    assert len(page) - empty < sum(len(text) + 45 for text in texts)
    assert empty < 150_000


def test_practice_has_one_example_a_question_in_languages_of_the_queue(shipped: Codebook) -> None:
    for languages in ({"en"}, {"en", "ru"}, {"ru"}):
        chosen = choose(shipped, languages)
        assert len(chosen) == LENGTH
        assert len({exercise.question for exercise in chosen}) == LENGTH
        # Frames have examples in both languages, targets in English alone.
        frames = [e for e in chosen if not shipped.questions[e.question].is_stance]
        assert {e.example.language for e in frames} <= languages
        assert {e.example.answer for e in frames} == {"present", "absent", "borderline"}


def test_without_examples_there_is_no_practice(small_codebook: Codebook) -> None:
    assert choose(small_codebook, {"en"}) == []
    assert "begin-practice" not in built(["A text."], small_codebook).split("<script")[0]


@pytest.mark.slow
@given(st.text(min_size=1))
def test_any_text_comes_back_from_the_data_as_it_is_read(text: str) -> None:
    page = built([text], attack_codebook())
    assert data_of(page)["passages"][0][1] == clean(text)


def test_instructions_stand_in_the_page_without_links_and_as_text(shipped: Codebook) -> None:
    rows = [{"passage_id": passage_id("A text."), "text": "A text.", "opening": "", "before": "",
             "language": "en", "post": "p", "position": 0}]  # fmt: skip
    words = (
        f"# How\n\n1. **Read** [the rules](javascript:alert(1)) {ATTACK}\n\n"
        "![x](https://example.org/x.png)\n\n<!-- end of what the page shows -->\n\nNot this."
    )
    document = LexborHTMLParser(render(queue(rows, shipped, "anna"), shipped, words))
    shown = document.css_first("#instructions")
    assert shown is not None
    assert shown.css("a, img, script") == []
    assert [node.text() for node in shown.css("h3, strong")] == ["How", "Read"]
    assert "the rules" in shown.text()
    assert "alert(1)>" in shown.text()
    assert "Not this" not in shown.text()
    bare = LexborHTMLParser(render(queue(rows, shipped, "anna"), shipped))
    assert bare.css("#instructions, #read-instructions") == []
