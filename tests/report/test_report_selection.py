from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.report.cards import LENGTH, Axes, card, window
from pipeline.report.selection import MOST, Shown, choose
from pipeline.report.wording import Words
from pipeline.scoring.scores_folder import open_folder

WriteFolder = Callable[..., Path]
SHOWN = Shown(
    frame="thanks", kind="strongest", spare=False, paragraph_id="chan/1#0", channel="chan",
    published=datetime(2024, 5, 17, tzinfo=UTC), language="en", forwarded_from=None,
    url="https://t.me/chan/1", text="First. Second. Third.", probability=0.914,
    evidence="Second.", start=7, end=14,
)  # fmt: skip
WORDS = Words("en")
AXES = Axes(["chan"], ["en"], [date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1)])


def test_strongest_typical_and_spare_are_told_apart(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    # thanks_p and blame_p of seven paragraphs with the frame; the eighth has it not.
    # Means over the seven: 0.7 and 0.2. Distances after the two strongest are taken:
    # row 2: .01 + .01, row 3: .0025 + 0, row 4: 0 + .04, row 5: .01 + 0, row 6: .0625 + .01.
    values = [(0.95, 0.2), (0.9, 0.2), (0.8, 0.1), (0.65, 0.2), (0.7, 0.4), (0.6, 0.2), (0.3, 0.1)]
    rows = [{"thanks": True, "thanks_p": t, "blame_p": b} for t, b in values]
    folder = open_folder(write_folder([*rows, {"thanks_p": 0.99}]), codebook)
    chosen = [s for s in choose(folder.scores, codebook, each=2) if s.frame == "thanks"]
    numbers = [(s.kind, s.spare, s.paragraph_id) for s in chosen]
    assert numbers == [
        ("strongest", False, "chan/0#0"),
        ("strongest", False, "chan/1#0"),
        ("typical", False, "chan/3#0"),
        ("typical", False, "chan/5#0"),
        ("strongest", True, "chan/2#0"),
        ("strongest", True, "chan/4#0"),
        ("strongest", True, "chan/6#0"),
    ]


def test_the_same_text_is_shown_once_a_frame(write_folder: WriteFolder, codebook: Codebook) -> None:
    rows = [{"thanks": True, "thanks_p": 0.8, "text": "Posted everywhere."} for _ in range(5)]
    folder = open_folder(write_folder(rows), codebook)
    assert [s.paragraph_id for s in choose(folder.scores, codebook, each=3)] == ["chan/0#0"]


def test_of_texts_that_differ_in_a_number_the_strongest_is_shown(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    news = "The ambassador thanked all partners who stood with us in the vote of {} May this year."
    rows = [{"thanks": True, "thanks_p": 0.8 + i / 100, "text": news.format(i)} for i in range(9)]
    rows.append({"thanks": True, "thanks_p": 0.7, "text": "We are grateful to the doctors."})
    folder = open_folder(write_folder(rows), codebook)
    chosen = choose(folder.scores, codebook, each=3)
    assert [s.paragraph_id for s in chosen] == ["chan/8#0", "chan/9#0"]


def test_every_channel_has_a_spare_before_any_has_two(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    rows = [{"thanks": True, "thanks_p": 0.9 - i / 10_000, "channel": f"c{i // 300}"}
            for i in range(1200)]  # fmt: skip
    folder = open_folder(write_folder(rows), codebook)
    chosen = choose(folder.scores, codebook, each=5)
    assert len(chosen) <= MOST
    spares = [s.channel for s in chosen if s.spare]
    assert sorted(str(c) for c in spares[:4]) == ["c0", "c1", "c2", "c3"]


def test_no_frame_anywhere_gives_no_paragraphs(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    assert choose(open_folder(write_folder([{}, {}]), codebook).scores, codebook, each=5) == []


def test_many_are_asked_for_and_the_limit_holds(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    rows = [{"thanks": True, "thanks_p": 0.5, "blame": True, "blame_p": 0.5} for _ in range(900)]
    assert len(choose(open_folder(write_folder(rows), codebook).scores, codebook, each=100)) == 500
    # 100 strongest, 100 typical and 50 spares a frame, two frames.


def test_a_card_marks_the_evidence_and_knows_its_place() -> None:
    found = card(SHOWN, AXES, WORDS)
    assert (found.before, found.evidence, found.after) == ("First. ", "Second.", " Third.")
    assert (found.channel, found.language, found.period) == (0, 0, 1)
    assert (found.day, found.certainty, found.host) == ("17 May 2024", "91%", "t.me")


def test_offsets_that_do_not_fit_mark_nothing() -> None:
    for start, end in ((None, None), (5, 5), (-1, 3), (10, 99)):
        found = card(replace(SHOWN, start=start, end=end), AXES, WORDS)
        assert (found.evidence, found.before + found.after) == ("", SHOWN.text)


def test_offsets_count_code_points_before_marks_are_taken_out() -> None:
    found = card(
        replace(SHOWN, text="😀\u202eOne. Two.", start=7, end=11, evidence="Two."), AXES, WORDS
    )
    assert (found.before, found.evidence) == ("😀One. ", "Two.")


def test_a_card_of_a_rare_language_or_channel_is_among_the_others() -> None:
    axes = Axes(["chan", "(all other channels)"], ["en", "(other)"], AXES.periods)
    found = card(replace(SHOWN, channel="rare", language="de"), axes, WORDS)
    assert (found.channel, found.language) == (1, 1)


def test_a_card_of_no_known_channel_or_date_is_on_no_axis() -> None:
    found = card(replace(SHOWN, channel="rare", published=None, language="de"), AXES, WORDS)
    assert (found.channel, found.language, found.period) == (-1, -1, -1)


@given(st.text(max_size=3000), st.integers(0, 3000), st.integers(0, 3000))
def test_a_window_is_part_of_the_text_and_short(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    before, middle, after = window(text, start, end)
    joined = before + middle + after
    if len(text) <= LENGTH:
        assert joined == text
    else:
        assert len(joined) <= LENGTH + 2
        assert joined.removeprefix("…").removesuffix("…") in text
        assert text[start:end].startswith(middle)
        assert middle or start == end


def test_copies_are_counted_where_one_of_them_is_shown(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    news = (
        "The ambassador thanked all partners who stood with us in the vote of {} May this year "
        "and said that the work of the coming months would be built on the same trust."
    )
    rows = [{"thanks": True, "thanks_p": 0.9, "text": news.format(day)} for day in (7, 8, 9)]
    rows.append({"thanks": True, "thanks_p": 0.7, "text": "We are grateful to the doctors."})
    chosen = choose(open_folder(write_folder(rows), codebook).scores, codebook, each=3)
    assert [(s.paragraph_id, s.copies) for s in chosen] == [("chan/0#0", 3), ("chan/3#0", 1)]


def test_stances_have_their_strongest_paragraphs(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    rows = [{"stance_moon": "favour", "stance_moon_p": p} for p in (0.6, 0.9)]
    chosen = choose(open_folder(write_folder(rows), codebook).scores, codebook, each=3)
    assert [(s.frame, s.paragraph_id, round(s.probability, 1)) for s in chosen] == [
        ("stance_moon=favour", "chan/1#0", 0.9), ("stance_moon=favour", "chan/0#0", 0.6),
    ]  # fmt: skip


def test_a_card_says_from_which_probability_a_frame_counts() -> None:
    assert card(SHOWN, AXES, WORDS, 0.42).threshold == "42%"
    assert card(SHOWN, AXES, WORDS).threshold is None
