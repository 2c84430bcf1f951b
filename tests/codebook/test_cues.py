"""Cues are found as whole words, the longest first, in one pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook.cues import CueFinder, cue_pattern


def spans(text: str, *lists: list[str]) -> list[tuple[str, int]]:
    return [(text[m.start : m.end], m.number) for m in CueFinder(lists).find(text)]


def test_the_longest_of_several_cues_is_found() -> None:
    text = "The European Union and Europe met in Union Street."
    assert spans(text, ["europe"], ["european union"]) == [("European Union", 1), ("Europe", 0)]


def test_a_star_matches_any_ending_and_cues_match_whole_words() -> None:
    text = "Россия, российский посол и россиянин; прессия"
    assert [found for found, _ in spans(text, ["росси*"])] == ["Россия", "российский", "россиянин"]


def test_a_cue_with_a_capital_is_case_sensitive() -> None:
    text = "The US told us about the U.S. plan."
    assert [found for found, _ in spans(text, ["US", "U.S."])] == ["US", "U.S."]
    assert cue_pattern("US").search("tell us") is None
    assert cue_pattern("nato").search("NATO met") is not None


def test_any_white_space_may_separate_the_words_of_a_cue() -> None:
    assert spans("security \n council", ["security council"]) == [("security \n council", 0)]


def test_an_apostrophe_is_part_of_a_cue() -> None:
    assert spans("the alliance's border", ["alliance's"]) == [("alliance's", 0)]


CUES = st.lists(st.sampled_from(["a", "ab*", "b c", "AB", "c.", "a b c", "d*"]), max_size=5)


@given(st.text(alphabet="abcdABC .*я", max_size=40), CUES, CUES)
def test_mentions_do_not_overlap_and_are_found_by_their_own_pattern(
    text: str, first: list[str], second: list[str]
) -> None:
    lists = [first, second]
    end = 0
    for mention in CueFinder(lists).find(text):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
        words = text[mention.start : mention.end]
        own = [cue_pattern(cue) for cue in lists[mention.number] if not cue.endswith(".")]
        assert any(p.fullmatch(words) for p in own) or words.endswith(".")
