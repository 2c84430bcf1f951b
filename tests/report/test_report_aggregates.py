from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.report import aggregates as measuring
from pipeline.report.aggregates import OTHER_CHANNELS, UNKNOWN_CHANNEL, measure
from pipeline.report.dropped import dropped_reasons, is_picture, reason_text
from pipeline.report.periods import all_periods, choose_unit, period_name, tick_name
from pipeline.report.series import (
    channel_matrix,
    frame_shares,
    stance_rows,
    time_series,
    together_matrix,
)
from pipeline.report.shift import TrainingProfile, shifted_channels, shifts
from pipeline.report.wording import Words
from pipeline.scoring.scores_folder import open_folder

WriteFolder = Callable[..., Path]

WORDS = Words("en")
MARCH, APRIL, JUNE = (datetime(2023, month, 10, 8, tzinfo=UTC) for month in (3, 4, 6))

# Two channels, three months of which one is empty, one undated paragraph.
ROWS = [
    {"published": MARCH, "thanks": True, "thanks_p": 0.9, "blame": True, "blame_p": 0.7},
    {"published": MARCH, "thanks": True, "thanks_p": 0.5, "stance_moon": "favour"},
    {"published": MARCH, "stance_moon": "against", "language": "ru"},
    {"published": APRIL, "blame": True, "blame_p": 0.6, "channel": None, "post_id": "chan/0"},
    {"published": JUNE, "channel": "other", "stance_moon": "neutral", "forwarded_from": "News"},
    {"published": None, "channel": "other", "language": "xx", "language_supported": False},
]


@pytest.fixture
def found(write_folder: WriteFolder, codebook: Codebook) -> measuring.Aggregates:
    return measure(open_folder(write_folder(ROWS), codebook).scores, codebook)


def test_totals_count_paragraphs_posts_and_what_is_missing(found: measuring.Aggregates) -> None:
    totals = found.totals
    assert (totals.paragraphs, totals.posts, totals.channels) == (6, 5, 3)
    assert (totals.undated, totals.unsupported, totals.forwarded_posts) == (1, 1, 1)
    assert totals.any_frame == 3  # rows 0, 1 and 3
    assert (totals.first, totals.last) == (MARCH, JUNE)


def test_the_cube_sums_to_the_totals(found: measuring.Aggregates) -> None:
    sums = found.cube.select(pl.col(pl.Int64).sum()).row(0, named=True)
    assert sums["n"] == 6
    assert sums["frame:thanks"] == 2
    assert sums["frame:blame"] == 2
    assert sums["pair:thanks+blame"] == 1
    assert [sums[f"stance:moon={s}"] for s in ("against", "neutral", "favour")] == [1, 1, 1]


def test_shares_have_their_probabilities_beside_them(
    found: measuring.Aggregates, codebook: Codebook
) -> None:
    thanks, blame = frame_shares(found, codebook, WORDS)
    assert thanks.count == 2
    assert thanks.share == pytest.approx(1 / 3)
    # Means over six: (0.9 + 0.5 + 4 * 0.1) / 6 and (0.7 + 0.6 + 4 * 0.1) / 6.
    assert thanks.expected == pytest.approx(0.3)
    assert blame.expected == pytest.approx(1.7 / 6)


def test_time_has_every_period_and_leaves_the_undated_out(
    found: measuring.Aggregates, codebook: Codebook
) -> None:
    # 92 days are 13 weeks, too many for six paragraphs; three months are few enough anyway.
    months = time_series(found, codebook, WORDS)
    assert [(point.name, point.n) for point in months.volume] == [
        ("March 2023", 3), ("April 2023", 1), ("May 2023", 0), ("June 2023", 1),
    ]  # fmt: skip


def test_a_month_without_a_paragraph_stays_in_the_series(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    start = datetime(2023, 1, 5, tzinfo=UTC)
    days = [*range(25), *range(60, 90), 400]
    rows = [{"published": start + timedelta(days=d), "thanks": d < 5} for d in days]
    series = time_series(
        measure(open_folder(write_folder(rows), codebook).scores, codebook), codebook, WORDS
    )
    thanks = series.points[0]
    # 56 paragraphs over 400 days: 13 months are more than six, so quarters.
    assert [point.name for point in thanks] == [
        "Q1 2023", "Q2 2023", "Q3 2023", "Q4 2023", "Q1 2024",
    ]  # fmt: skip
    assert [(point.n, point.count) for point in thanks] == [(51, 5), (4, 0), (0, 0), (0, 0), (1, 0)]
    assert thanks[0].share == pytest.approx(5 / 51)
    assert thanks[2].share is None


def test_matrices_divide_by_their_rows(found: measuring.Aggregates, codebook: Codebook) -> None:
    channels = channel_matrix(found, codebook, WORDS)
    by_name = dict(zip(channels.rows, channels.values, strict=True))
    assert by_name["chan"] == [pytest.approx(2 / 3), pytest.approx(1 / 3)]
    assert by_name[UNKNOWN_CHANNEL] == [0.0, 1.0]
    together = together_matrix(found, codebook, WORDS)
    # The first row is all six paragraphs, two of which carry each frame.
    assert together.values == [
        [pytest.approx(1 / 3), pytest.approx(1 / 3)], [None, 0.5], [0.5, None],
    ]  # fmt: skip
    assert together.rows[0] == "All paragraphs"
    assert [row.counts for row in stance_rows(found, codebook, WORDS)] == [(1, 1, 1)]


def test_forwards_name_both_sides(found: measuring.Aggregates) -> None:
    assert found.forwards.select("channel", "forwarded_from", "posts", "n").rows() == [
        ("other", "News", 1, 1)
    ]


def test_a_language_is_supported_when_all_its_paragraphs_are(found: measuring.Aggregates) -> None:
    assert found.languages.rows() == [("en", True, 4, 3), ("ru", True, 1, 0), ("xx", False, 1, 0)]


def test_rare_channels_are_joined_when_the_page_cannot_carry_them(
    write_folder: WriteFolder, codebook: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Twelve counts and twelve channels on one day: 12 cells of 12 numbers; 5 channels and the
    # others fit in 80.
    monkeypatch.setattr(measuring, "CUBE_NUMBERS", 80)
    rows = [{"channel": f"c{i:02d}"} for i in range(12) for _ in range(12 - i)]
    found = measure(open_folder(write_folder(rows), codebook).scores, codebook)
    assert found.channels == ["c00", "c01", "c02", "c03", "c04", OTHER_CHANNELS]
    assert int(found.cube["n"].sum()) == len(rows)


def test_no_paragraphs_at_all_give_empty_tables(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    found = measure(open_folder(write_folder([]), codebook).scores, codebook)
    assert found.totals.paragraphs == 0
    assert found.cube.is_empty()
    assert time_series(found, codebook, WORDS).periods == []
    assert [share.share for share in frame_shares(found, codebook, WORDS)] == [0.0, 0.0]


def test_steps_of_time_fit_the_span_and_the_number_of_paragraphs() -> None:
    def unit(days: int, paragraphs: int) -> str:
        first = datetime(2020, 1, 1, tzinfo=UTC)
        last = datetime.fromtimestamp(first.timestamp() + days * 86_400, UTC)
        return choose_unit(first, last, paragraphs=paragraphs, year_only=False)

    assert unit(30, 10_000) == "1d"
    assert unit(30, 1000) == "1w"  # 33 paragraphs a day are fewer than 60
    assert unit(30, 3) == "1w"  # five steps are few enough anyway
    assert unit(200, 10_000) == "1w"
    assert unit(200, 1000) == "1mo"  # 35 a week
    assert unit(1000, 10_000) == "1mo"
    assert unit(1000, 10) == "1y"
    assert unit(4000, 10_000) == "1q"
    assert unit(20_000, 10_000) == "1y"
    assert unit(0, 1) == "1d"


def test_bare_years_make_yearly_steps(write_folder: WriteFolder, codebook: Codebook) -> None:
    rows = [{"published": datetime(year, 1, 1, tzinfo=UTC)} for year in (2018, 2018, 2020)]
    found = measure(open_folder(write_folder(rows), codebook).scores, codebook)
    assert found.unit == "1y"
    assert [(p.name, p.n) for p in time_series(found, codebook, WORDS).volume] == [
        ("2018", 2), ("2020", 1),  # 2019 is nobody's year
    ]  # fmt: skip


def test_periods_are_named_reason_text() -> None:
    assert period_name(date(2024, 3, 11), "1w", WORDS) == "week of 11 March 2024"
    assert period_name(date(2024, 7, 1), "1q", WORDS) == "Q3 2024"
    assert tick_name(date(2024, 3, 1), "1mo", WORDS) == "Mar 2024"
    first, last = datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    assert all_periods(first, last, "1mo") == [
        date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1),
    ]  # fmt: skip


def test_dropped_pieces_are_counted_by_reason(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    dropped = [
        ("a/1", "too_short", "Hi"), ("a/1", "too_short", "Ho"), ("a/2", "photo_only", ""),
    ]  # fmt: skip
    folder = open_folder(write_folder([{}], dropped), codebook)
    assert folder.dropped is not None
    short, photo = dropped_reasons(folder.dropped, WORDS)
    assert (short.pieces, short.posts, short.examples) == (2, 1, ("Hi", "Ho"))
    assert (photo.text, photo.is_picture, photo.examples) == ("Photo only", True, ())


def test_reasons_have_a_text() -> None:
    assert reason_text("too_short", WORDS) == "Too short to judge"
    assert is_picture("media_only")
    assert is_picture("video_note")
    assert not is_picture("damaged")


def test_a_folder_without_scores_says_what_to_run(tmp_path: Path, codebook: Codebook) -> None:
    with pytest.raises(InputError, match=r"no scores in it.*rhetoric score"):
        open_folder(tmp_path, codebook)


def test_scores_of_another_codebook_are_refused_by_column(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    folder = write_folder([{}])
    part = folder / "scores" / "part-b.parquet"
    pl.read_parquet(part).drop("blame_p").write_parquet(part)
    with pytest.raises(InputError, match=r"part-b\.parquet: column 'blame_p' is missing"):
        open_folder(folder, codebook)


def test_a_damaged_shard_is_named(write_folder: WriteFolder, codebook: Codebook) -> None:
    folder = write_folder([{}])
    (folder / "scores" / "part-a.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match=r"part-a\.parquet: not a readable Parquet file"):
        open_folder(folder, codebook)


def test_likeness_to_training_warns_of_language_length_and_frames(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    rows = [{"language": "xx" if i < 30 else "en", "thanks": i % 2 == 0, "text": "x" * 100}
            for i in range(100)]  # fmt: skip
    scores = open_folder(write_folder(rows), codebook).scores
    profile = TrainingProfile(500, {"thanks": 0.1, "blame": 0.0}, {"en": 0.9, "ru": 0.1}, 90)
    found = shifts(scores, measure(scores, codebook), profile, {"thanks": "Thanking"}, WORDS)
    told = {row.what: (row.in_training, row.here, row.differs) for row in found}
    assert told == {
        "Paragraphs in English": (0.9, 0.7, False),
        "Paragraphs in xx": (0.0, 0.3, True),
        "Median length in characters": (90, 100.0, False),
        "Thanking": (0.1, 0.5, True),
        "blame": (0.0, 0.0, False),
    }


def test_shares_are_counted_by_paragraph_and_by_post(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    # Two posts: one of three paragraphs with the frame in one, one of a single paragraph without.
    rows = [{"post_id": "chan/0", "thanks": i == 1} for i in range(3)] + [{}]
    found = measure(open_folder(write_folder(rows), codebook).scores, codebook)
    thanks = frame_shares(found, codebook, WORDS)[0]
    assert (thanks.count, thanks.n, thanks.post_count, thanks.posts) == (1, 4, 1, 2)
    assert int(found.cube["squares"].sum()) == 3**2 + 1


def test_channels_in_another_language_or_of_another_length_are_unlike_the_training_texts(
    write_folder: WriteFolder, codebook: Codebook
) -> None:
    rows = [{"channel": c, "language": "xx" if c == "foreign" else "en",
             "text": "x" * (500 if c == "long" else 100)}
            for c in ("like", "foreign", "long") for _ in range(40)]  # fmt: skip
    rows += [{"channel": "small", "language": "xx"}]
    scores = open_folder(write_folder(rows), codebook).scores
    profile = TrainingProfile(500, {"thanks": 0.0, "blame": 0.0}, {"en": 1.0}, 90)
    found = shifted_channels(scores, measure(scores, codebook), profile, WORDS)
    assert {one.channel: one.reasons for one in found} == {
        "foreign": ("language",), "long": ("length",),
    }  # fmt: skip
