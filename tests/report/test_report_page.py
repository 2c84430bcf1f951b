from __future__ import annotations

import csv
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import report
from pipeline.codebook import Codebook
from pipeline.report import KnownErrors, TrainingProfile, known_errors

WriteFolder = Callable[..., Path]
Make = Callable[..., LexborHTMLParser]

SECTIONS = (
    "summary",
    "frames",
    "corrected",
    "time",
    "channels",
    "stance",
    "together",
    "forwards",
    "paragraphs",
    "left-out",
    "languages",
    "shift",
    "methods",
    "provenance",
)
PROVENANCE = {
    "model": {"kind": "tfidf", "folder": None, "dev_f1": 0.7753086419753087},
    "inputs": [("a.json", "0f1e"), ["b.json", "2d3c"]],
}
RATES = {
    frame: {"sensitivity": 0.8, "of_present": 50, "false_alarms": 0.1, "of_absent": 200}
    for frame in ("thanks", "blame")
}
HOSTILE = [
    "<script>document.title='owned'</script>",
    "</style></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "--><!-- ]]> &lt;b&gt; {{ 7*7 }} {% raw %}",
    "\u202egnp.exe\u2066 ملك",
]


@pytest.fixture
def make(write_folder: WriteFolder, codebook: Codebook) -> Make:
    """Rows → the parsed page."""

    def write(
        rows: list[Mapping[str, Any]],
        dropped: list[tuple[str, str, str]] | None = None,
        title: str = "A report",
        training: TrainingProfile | None = None,
        errors: KnownErrors | None = None,
        planned: int | None = None,
    ) -> LexborHTMLParser:
        folder = write_folder(rows, dropped)
        path = report.write(
            folder,
            folder,
            codebook,
            report.ReportSettings(title, strongest=3),
            report.Background(PROVENANCE, training, errors, planned),
        )
        return LexborHTMLParser(path.read_bytes())

    return write


def ordinary(n: int = 60) -> list[Mapping[str, Any]]:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return [
        {
            "published": start + timedelta(days=i),
            "channel": f"channel_{i % 2}",
            "thanks": i % 3 == 0,
            "thanks_p": 0.9 if i % 3 == 0 else 0.2,
            "blame": i % 6 == 0,
            "blame_p": 0.8 if i % 6 == 0 else 0.1,
            "stance_moon": ("against", "absent", "favour", "against")[i % 4],
            "text": f"We thank them, day {i}. They came in the rain.",
            "evidence_thanks": f"We thank them, day {i}." if i % 3 == 0 else None,
            "evidence_thanks_start": 0 if i % 3 == 0 else None,
            "evidence_thanks_end": len(f"We thank them, day {i}.") if i % 3 == 0 else None,
            "forwarded_from": "The News" if i % 10 == 0 else None,
        }
        for i in range(n)
    ]


def text_of(page: LexborHTMLParser, selector: str) -> str:
    return " ".join(first(page, selector).text(separator=" ").split())


def first(page: LexborHTMLParser, selector: str) -> LexborNode:
    node = page.css_first(selector)
    assert node is not None, selector
    return node


def test_an_ordinary_report_has_every_section_filled(make: Make) -> None:
    dropped = [("a/1", "too_short", "Hi"), ("a/2", "media_only", "")]
    profile = TrainingProfile(500, {"thanks": 0.3, "blame": 0.2}, {"en": 1.0}, 45)
    page = make(ordinary(), dropped, training=profile, errors=known_errors({"error_rates": RATES}))
    assert [node.id for node in page.css("main > section")] == list(SECTIONS)
    assert not page.css("main > section > .empty")
    assert len(page.css("#panels svg")) == 3
    assert text_of(page, "#shares tbody tr") == "Thanking 33% 23% – 46% 20"  # 20 of 60
    assert text_of(page, "#stances tbody tr") == "The Moon 30 0 15 45 75%"
    assert text_of(page, "#left-out tbody tr:last-child th").startswith("Too short")
    assert "1 message has no text of its own" in text_of(page, "#left-out .warning")
    assert first(page, ".card mark").text().startswith("We thank them")


def test_the_summary_uses_plain_words_and_right_numbers(make: Make) -> None:
    page = make(ordinary(), [("a/1", "media_only", "")])
    summary = text_of(page, "#summary")
    assert "reads 60 paragraphs from 60 posts of 2 channels" in summary
    assert "between 1 January 2024 and 29 February 2024" in summary
    assert "found in 20 of the 60 paragraphs" in summary
    assert "Thanking (20 of the 60 paragraphs) and Blaming (10)" in summary
    assert "spoken against: The Moon (30 of the 45 paragraphs that take it up)" in summary
    assert "Passed on from somebody else: 6 of the 60 posts" in summary
    for jargon in ("interval", "calibrat", "threshold", "F1", "probabilit", "multi-label"):
        assert jargon not in summary


def test_an_unfinished_scoring_is_said_at_the_top(make: Make) -> None:
    assert "this page speaks of 60 of 872 paragraphs" in text_of(
        make(ordinary(), planned=872), "header .warning"
    )
    assert not make(ordinary()).css("header .warning")


def test_a_change_over_time_is_told_only_when_it_is_clear(make: Make) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [{"published": start + timedelta(days=i // 4), "thanks": i >= 100} for i in range(160)]
    summary = text_of(make(rows), "#summary")
    assert "The clearest change over time: Thanking grew from" in summary


def test_no_change_is_claimed_without_one(make: Make) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [{"published": start + timedelta(days=i // 4), "thanks": i % 3 == 0} for i in range(160)]
    assert "No frame became clearly more or less frequent" in text_of(make(rows), "#summary")


def test_of_many_channels_alike_none_is_called_densest_for_its_luck(make: Make) -> None:
    # Plain 95% intervals of 66 and of 35 in 100 lie apart, as those of two in fifty channels will.
    thanks = {"lucky": 66, "unlucky": 35} | {f"channel_{i}": 50 for i in range(48)}
    rows = [
        {"channel": channel, "thanks": i < n} for channel, n in thanks.items() for i in range(100)
    ]
    assert "No channel is surely richer in frames" in text_of(make(rows), "#summary")


def test_channels_surely_apart_are_named(make: Make) -> None:
    thanks = {"much": 80, "little": 20, "half": 50}
    rows = [
        {"channel": channel, "thanks": i < n} for channel, n in thanks.items() for i in range(100)
    ]
    summary = text_of(make(rows), "#summary")
    assert "densest in much (about 80 in every 100" in summary
    assert "sparsest in little (about 20 in every 100" in summary


@pytest.mark.parametrize(
    ("rows", "section", "said"),
    [
        ([], "#frames .empty", "No paragraphs were scored."),
        ([{}], "#together .empty", "No frame was found, so none go together."),
        ([{"published": datetime(y, 1, 1, tzinfo=UTC)} for y in (2018, 2024)], "header .lead",
         "2018 – 2024"),
        ([{"published": datetime(2018, 1, 1, tzinfo=UTC), "thanks": True}], "#paragraphs .meta",
         "· 2018 ·"),
        ([{"language": c, "language_supported": False} for c in ("sw", "qq", "und")], "#summary",
         "reads badly or was not trained on (Swahili and others)"),
        ([], "#left-out .empty", "The folder of scores keeps no record of what was left out."),
        ([{"published": None}], "#time .empty", "None of the paragraphs has a date"),
        ([{}], "#time .empty", "All dated paragraphs fall in one day (1 May 2024)"),
        ([{}], "#channels .note", "There is one channel only"),
        ([{}], "#forwards .empty", "No post is marked as forwarded"),
        ([{}], "#paragraphs .gallery .empty", "Not found in any paragraph."),
        ([{}], "#shift .empty", "Not measured"),
        ([{"channel": None}], "#by-channels tbody th", "(no channel named)"),
        ([{"language": "sw", "language_supported": False}], "#languages .warning",
         "1 paragraph (100%) is in a language that the model is weak in"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(
    make: Make, rows: list[Mapping[str, Any]], section: str, said: str
) -> None:
    assert said in text_of(make(rows), section)


def test_nothing_left_out_is_said(make: Make) -> None:
    assert text_of(make([{}], []), "#left-out .empty") == "Nothing was left out."


def hostile_rows() -> list[Mapping[str, Any]]:
    return [
        {
            "channel": text, "text": text + " tail.", "forwarded_from": text, "source_file": text,
            "language": text[:9], "model_version": text, "thanks": True, "thanks_p": 0.9,
            "url": ("javascript:alert(1)", 'https://t.me/"onclick="alert(1)')[i % 2],
            "evidence_thanks": text, "evidence_thanks_start": 0, "evidence_thanks_end": len(text),
            "published": datetime(2024, 1, 1 + 7 * i, tzinfo=UTC),
        }
        for i, text in enumerate(HOSTILE)
    ]  # fmt: skip


def test_hostile_posts_stay_text(make: Make) -> None:
    page = make(hostile_rows(), [("a/1", HOSTILE[0], HOSTILE[1])], title=HOSTILE[1])
    assert [s.attributes.get("type") for s in page.css("script")] == ["application/json", None]
    assert len(page.css("style")) == 1
    assert not page.css("img, iframe, object, embed, link, base, foreignObject")
    for node in page.css("*"):
        for name in node.attributes:
            assert not name.startswith("on"), node.html
            assert name != "style"
    # Every link leads inside the page: no address of these posts is fit to follow.
    assert {str(a.attributes["href"])[0] for a in page.css("a")} == {"#"}
    assert HOSTILE[0] in [m.text() for m in page.css("mark")]
    assert "{{ 7*7 }}" in first(page, "#paragraphs").text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.html or "")


def test_the_embedded_data_cannot_end_its_element_and_says_what_is_true(make: Make) -> None:
    page = make(hostile_rows())
    raw = first(page, "#data").text()
    assert not set("<>&") & set(raw)
    data = json.loads(raw)
    assert len(data["channels"]) == len(HOSTILE)
    assert sum(row[3] for row in data["rows"]) == len(HOSTILE)


def test_the_policy_allows_exactly_this_style_and_script(make: Make) -> None:
    page = make(ordinary())
    policy = str(first(page, "meta[http-equiv]").attributes["content"])
    script, style = page.css("script")[1].text(), first(page, "style").text()
    for kind, content in (("script-src", script), ("style-src", style)):
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_nothing_is_fetched_from_anywhere(make: Make) -> None:
    page = make(ordinary())
    assert not page.css("[src]")
    assert "url(" not in first(page, "style").text()
    script = page.css("script")[1].text()
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|innerHTML|eval\(", script)


def test_tables_have_captions_and_figures_names(make: Make) -> None:
    page = make(ordinary(), [("a/1", "too_short", "Hi")])
    tables = page.css("table")
    assert len(tables) == 9
    assert all(table.css_first("caption") is not None for table in tables)
    for svg in page.css("svg"):
        assert svg.attributes.get("aria-label") or "aria-hidden" in svg.attributes
    ids = [node.id for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    for node in page.css("[aria-labelledby]"):
        assert str(node.attributes["aria-labelledby"]) in ids


def test_right_to_left_text_has_its_direction_and_language(make: Make) -> None:
    page = make([{"language": "ar", "thanks": True, "text": "لا يمكن لعاصمة واحدة أن تقرر."}])
    quote = first(page, "blockquote")
    assert (quote.attributes["dir"], quote.attributes["lang"]) == ("auto", "ar")


def test_the_largest_page_stays_below_five_megabytes(
    make: Make, codebook: Codebook, tmp_path: Path
) -> None:
    # Four bytes a character or five when escaped, long names, many channels, days and languages.
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        {
            "channel": f"{i % 300:04d}" + "'" * 200,
            "published": start + timedelta(days=i % 40),
            "language": f"l{i % 12}",
            "text": f"{i} " + ("'" if i % 2 else "😀") * 5000,
            "thanks": True, "thanks_p": 0.9, "blame": True, "blame_p": 0.9,
            "forwarded_from": "&" * 500, "source_file": "<" * 300 + str(i % 90),
        }
        for i in range(3000)
    ]  # fmt: skip
    page = make(rows, [(f"p/{i}", f"reason_{i}", "'" * 900) for i in range(100)])
    assert 1_000_000 < (tmp_path / "scored" / "report.html").stat().st_size < 5_000_000
    assert len(page.css(".card")) == 500


def test_figures_and_their_numbers_lie_beside_the_page(make: Make, tmp_path: Path) -> None:
    rows = [*ordinary(), {"channel": "=cmd()", "thanks": True, "text": "+1"}]
    make(rows, [("a/1", "too_short", "Hi")])
    folder = tmp_path / "scored" / "report"
    figures = ["channels", "frames", "frames_over_time", "frames_together", "stances"]
    assert sorted(p.stem for p in folder.glob("*.svg")) == figures
    assert sorted(p.stem for p in folder.glob("*.png")) == figures
    for path in folder.glob("*.svg"):
        ET.fromstring(path.read_text(encoding="utf-8"))
    assert (folder / "frames.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "frames.csv").open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert (first["frame"], first["paragraphs"], first["with_frame"]) == ("thanks", "61", "21")
    with (folder / "channels.csv").open(encoding="utf-8") as file:
        names = {row["channel"] for row in csv.DictReader(file)}
    assert names == {"channel_0", "channel_1", "'=cmd()"}


def test_figures_are_well_formed_whatever_they_say(make: Make, tmp_path: Path) -> None:
    # One in 300 is said as "<1%" in every figure; names come from strangers.
    rows = [{"channel": HOSTILE[i % 2], "thanks": i == 1, "blame": i < 3} for i in range(300)]
    make([*rows, {"thanks": True, "published": datetime(2024, 5, 20, tzinfo=UTC)}])
    found = [ET.parse(path).getroot() for path in (tmp_path / "scored" / "report").glob("*.svg")]
    assert len(found) == 5
    words = " ".join(text for svg in found for text in svg.itertext())
    assert "<1%" in words
    assert "<script>" in words


def test_pictures_of_an_earlier_report_do_not_stay(make: Make, tmp_path: Path) -> None:
    old = tmp_path / "scored" / "report"
    old.mkdir(parents=True)
    (old / "frames_over_time.svg").write_text("<svg/>")
    make([{}])
    assert not (old / "frames_over_time.svg").exists()


def test_provenance_is_complete_and_in_words(make: Make, codebook: Codebook) -> None:
    page = make([{}])
    names, values = (page.css(f"#provenance {tag}") for tag in ("dt", "dd"))
    lines = {n.text().strip(): v.text().strip() for n, v in zip(names, values, strict=True)}
    assert lines == {
        "scores · model": "m1",
        "scores · codebook · title": "Two frames",
        "scores · codebook · version": "9.1",
        "scores · codebook · digest": codebook.digest,
        "scores · source files": "result.json",
        "scores · shards": "2",
        "model · kind": "tfidf",
        "model · folder": "not recorded",
        "model · dev_f1": "0.7753",
        "inputs": "a.json 0f1e, b.json 2d3c",
    }


def test_the_same_scores_give_the_same_page(make: Make, codebook: Codebook, tmp_path: Path) -> None:
    make(ordinary(), [("a/1", "too_short", "Hi"), ("a/1", "too_short", "Ho")])
    first = (tmp_path / "scored" / "report.html").read_bytes()
    again = report.write(
        tmp_path / "scored",
        tmp_path / "again",
        codebook,
        report.ReportSettings("A report", strongest=3),
        report.Background(PROVENANCE),
    )
    assert again == tmp_path / "again" / "report.html"
    assert again.read_bytes() == first


def test_without_a_local_sample_corrected_shares_are_marked_everywhere(
    make: Make, tmp_path: Path
) -> None:
    page = make(ordinary(), errors=known_errors({"error_rates": RATES}))
    (section,) = page.css("#corrected")
    (warning,) = section.css(".warning")
    assert "not corrected for shift" in warning.text()
    assert any("not corrected for shift" in p.text() for p in page.css("#summary p"))
    rows = list(csv.DictReader((tmp_path / "scored/report/prevalence.csv").open(encoding="utf-8")))
    assert [row["corrected_for_shift"] for row in rows] == ["False", "False"]
    # A third was found of which some was seen wrongly: (1/3 - 0.1) / (0.8 - 0.1) = 1/3.
    assert float(rows[0]["share_corrected"]) == pytest.approx(1 / 3, abs=0.08)
    assert float(rows[0]["low"]) < 0.2 < 0.45 < float(rows[0]["high"])
    assert "Not corrected for shift" in (tmp_path / "scored/report/prevalence.svg").read_text()
    assert (tmp_path / "scored/report/prevalence.png").is_file()


def test_with_a_local_sample_the_page_names_it(make: Make, tmp_path: Path) -> None:
    local = {"file": "coded.jsonl", "passages": 120, "error_rates": RATES}
    page = make(ordinary(), errors=known_errors({"error_rates": RATES, "local": local}))
    (section,) = page.css("#corrected")
    assert "120 coded passages of this kind" in section.text()
    assert "corrected for shift" not in section.text()
    rows = list(csv.DictReader((tmp_path / "scored/report/prevalence.csv").open(encoding="utf-8")))
    assert [row["local_passages"] for row in rows] == ["120", "120"]


def test_a_model_without_error_rates_says_so(make: Make) -> None:
    assert known_errors({}) is None
    (section,) = make(ordinary()).css("#corrected")
    assert "Not possible" in section.text()


def test_a_language_is_told_by_the_f1_that_was_measured(make: Make) -> None:
    shares, f1 = {"en": 0.8, "ru": 0.1, "uk": 0.1}, {"en": 0.81, "ru": 0.4, "uk": None}
    profile = TrainingProfile(500, {"thanks": 0.3}, shares, 45, f1)
    rows = [{"language": "en"}] + [
        {"language": code, "language_supported": False} for code in ("ru", "uk", "sw")
    ]
    told = {
        row.text() for row in make(rows, training=profile).css("#languages tbody td:last-child")
    }
    assert told == {
        "F1 0.81 on the passages that its thresholds were set on",
        "unsupported: F1 0.40 on the passages that its thresholds were set on, below 0.60",
        "unsupported: too few training texts to tell",
        "unsupported: not trained on it",
    }
