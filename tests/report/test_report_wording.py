from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.formatting import (
    brief,
    count,
    fit,
    interval,
    language,
    listing,
    of_all,
    percent,
    plural,
    safe_url,
    short,
)


def test_counts_agree_with_their_nouns_and_verbs() -> None:
    assert count(0, "post") == "no posts"
    assert count(1, "post") == "1 post"
    assert count(1234, "post") == "1,234 posts"
    assert [plural("has", n) for n in (0, 1, 2)] == ["have", "has", "have"]


def test_percents_never_turn_little_into_nothing_or_most_into_all() -> None:
    shares = (0.0, 0.001, 0.005, 0.125, 0.994, 0.999, 1.0)
    assert [percent(s) for s in shares] == ["0%", "<1%", "1%", "13%", "99%", ">99%", "100%"]


def test_narrow_intervals_get_a_decimal() -> None:
    assert interval(0.227, 0.234) == "22.7% – 23.4%"
    assert interval(0.1, 0.3) == "10% – 30%"


def test_parts_are_said_as_people_say_them() -> None:
    assert of_all(5, 12, "paragraph") == "5 of the 12 paragraphs"
    assert of_all(0, 12, "paragraph") == "none of the 12 paragraphs"
    assert of_all(12, 12, "paragraph") == "all of the 12 paragraphs"
    assert of_all(1, 1, "paragraph") == "1 of 1 paragraph"
    assert of_all(125, 1000, "paragraph") == "about 13 in every 100 paragraphs"
    assert of_all(1, 1000, "paragraph") == "fewer than 1 in every 100 paragraphs"
    assert of_all(999, 1000, "paragraph") == "more than 99 in every 100 paragraphs"
    assert brief(125, 1000) == "about 13 in every 100"
    assert brief(5, 12) == "5"


def test_lists_and_languages() -> None:
    assert [listing(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert (language("ru"), language("tlh")) == ("Russian", "tlh")


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//t.me/x",
        "https://t.me@evil.example/", "https://t.me\\@evil.example", "https://t.me/x\nonload=x",
        'https://t.me/"onmouseover="x', "https://", "ftp://t.me/x", "https://t.me/\u202ecod",
        "https://[t.me/", "https://t.me/" + "x" * 3000,
    ],
)  # fmt: skip
def test_addresses_that_are_not_what_they_seem_are_not_linked(url: str | None) -> None:
    assert safe_url(url) is None


def test_ordinary_addresses_are_linked() -> None:
    for url in ("https://t.me/chan/1?single", "http://en.example.org/a/b#c"):
        assert safe_url(url) == url


@given(st.text())
def test_fit_text_has_no_controls_and_loses_nothing_else(text: str) -> None:
    found = fit(text)
    assert not any(ord(c) < 32 and c not in "\t\n" for c in found)
    assert not set(found) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    assert fit(found) == found
    assert [c for c in text if c.isalnum()] == [c for c in found if c.isalnum()]


@given(st.text(), st.integers(1, 50))
def test_short_text_keeps_to_its_length(text: str, length: int) -> None:
    assert len(short(text, length)) <= length
