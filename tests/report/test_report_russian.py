"""Every sentence of the page's own has its Russian, and no Russian is idle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import report
from pipeline.report import dropped, filters, page
from pipeline.report.wording import Words, catalog

ROOM = Path(report.__file__).parent
TEXTS: dict[str, str] = dict(catalog()["texts"])


def said() -> set[str]:
    """The English texts of templates and code, by the calls that look them up."""
    found = set(_in_templates())
    for path in ROOM.glob("*.py"):
        found |= set(_in_code(path))
    found |= {name for _, name in page.SECTIONS} | set(page.UNIT_NAMES.values())
    found |= set(filters.SCRIPT_TEXTS) | set(dropped.REASONS.values())
    return found


def _in_templates() -> Iterator[str]:
    for path in (ROOM / "templates").glob("*.j2"):
        yield from re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8"))


def _in_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="words"), args=[first, *_]):
                yield from _texts(first)


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body)
            yield from _texts(other)


def test_no_sentence_lacks_its_russian() -> None:
    assert len(said()) > 150
    assert sorted(said() - set(TEXTS)) == []


def test_no_russian_is_idle() -> None:
    spoken = said() | {  # looked up by a variable
        "Most often opposed: {target}, in {share} of the {n} with a stance on it.",
        "Most often favoured: {target}, in {share} of the {n} with a stance on it.",
    }  # fmt: skip
    assert sorted(set(TEXTS) - spoken) == []


def test_translations_have_the_same_blanks() -> None:
    for english, russian in TEXTS.items():
        blanks = [set(re.findall(r"{(\w+)}", text)) for text in (english, russian)]
        assert blanks[0] == blanks[1], english


def test_russian_nouns_take_the_form_of_their_number() -> None:
    words = Words("ru")
    told = [words.count(n, "post") for n in (0, 1, 2, 5, 11, 21, 112, 1034)]
    assert told == [
        "0 постов", "1 пост", "2 поста", "5 постов", "11 постов", "21 пост", "112 постов",
        "1\u00a0034 поста",
    ]  # fmt: skip
    assert (words.of(21, "post"), words.of(3, "post")) == ("21 поста", "3 постов")


def test_a_language_that_the_page_does_not_speak_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown language of the page: 'fr'"):
        Words("fr")


def test_points_are_rounded_up() -> None:
    assert [Words().points(size) for size in (0.001, 0.1, 0.101, 0.25)] == ["1", "10", "11", "25"]
