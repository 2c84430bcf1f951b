"""JSON as programs write it, which is not always JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.errors import InputError
from pipeline.sources.json_events import build, events_of
from pipeline.sources.raw import Raw


def texts(path: Path, content: str) -> list[str]:
    path.write_text(content, encoding="utf-8")
    return sources.read_all([path], {}, {})[0]["text"].to_list()


def export(text: str, more: str = "") -> str:
    return f'{{"name": "L", "id": 7, "messages": [{{"id": 1, "text": "{text}"{more}}}]}}'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"one\x0Btwo", "one\x0btwo"),
        (r"path\\x0B", r"path\x0B"),
        (r"half \udc00 of it", "half � of it"),
        (r"half \ud83d of it", "half � of it"),
        (r"whole \ud83d\ude00 of it", "whole 😀 of it"),
        (r"NaN and \"NaN\", Infinity", 'NaN and "NaN", Infinity'),
        ("7" * 2000, "7" * 2000),
    ],
)
def test_odd_escapes_and_words_in_a_text_stay_words(
    tmp_path: Path, written: str, read: str
) -> None:
    assert texts(tmp_path / "x", export(written)) == [read]


def test_nan_outside_of_texts_is_null(tmp_path: Path) -> None:
    rows = '[{"id": 1, "text": "One.", "x": NaN, "y": -Infinity}, {"id": 2, "text": NaN}]'
    assert texts(tmp_path / "x", rows) == ["One."]


@pytest.mark.parametrize("content", [export("x", ', "n": ' + "1" * 5000 + " oops")] * 1)
def test_a_number_that_kills_the_parser_never_reaches_it(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="a number of some thousand digits"):
        texts(tmp_path / "x", content)


def test_a_text_longer_than_any_post_is_refused_and_the_limit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(export("слово " * 1000))
    with pytest.raises(InputError, match=r"more than 2,000 characters.*limits\.text_characters"):
        list(sources.read(path, {}, {}, sources.Limits(text_characters=2000)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=JSON, ascii_only=st.booleans())
def test_whatever_is_json_is_read_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, value: object, ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("json") / "x"
    path.write_text(json.dumps([value], ensure_ascii=ascii_only), "utf-8", newline="")
    events = events_of(Raw(path))
    assert build(*next(events), events) == [value]
