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

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import report
from pipeline.codebook import Codebook
from pipeline.report import KnownErrors, TrainingProfile, known_errors

pytestmark = pytest.mark.slow

WriteFolder = Callable[..., Path]
Make = Callable[..., LexborHTMLParser]

SECTIONS = (
    "frames", "remarks", "time", "channels", "stance", "together", "forwards", "paragraphs",
    "corrected", "left-out", "languages", "shift", "methods", "origin",
)  # fmt: skip
PROVENANCE: dict[str, Any] = {
    "inputs": [["/home/anna/a.json", "0f1e"]],
    "about": {"model_provenance": {"train_passages": 1234, "dev_passages": 200}},
    "truncated": 2,
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
        provenance: Mapping[str, Any] = PROVENANCE,
        language: str = "en",
    ) -> LexborHTMLParser:
        folder = write_folder(rows, dropped)
        path = report.write(
            folder,
            folder,
            codebook,
            report.ReportSettings(title, strongest=3, language=language),
            report.Background(provenance, training, errors, planned),
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
    # 20 of 60 paragraphs; each is a post of its own.
    assert text_of(page, "#shares tbody tr") == "Thanking 33% 23% – 46% 33% 20"
    assert text_of(page, "#stances tbody tr") == "The Moon 30 0 15 45 75%"
    assert text_of(page, "#left-out tbody tr:last-child th").startswith("Too short")
    assert "1 message without text of their own" in text_of(page, "#left-out .warning")
    assert first(page, ".card mark").text().startswith("We thank them")


def test_the_findings_stand_beside_the_first_chart(make: Make) -> None:
    page = make(ordinary())
    told = findings(page)
    assert "Found most often: Thanking (in 33% of paragraphs, 33% of posts); Blaming" in told
    assert "Most often opposed: The Moon, in 67% of the 45 paragraphs" in told
    assert 3 <= len(page.css(".findings li")) <= 5
    (block,) = page.css("#frames .first")
    assert block.css_first("#shares") is not None
    for jargon in ("calibrat", "threshold", "F1", "probabilit", "multi-label", "interval"):
        assert jargon not in told


def test_the_lead_counts_posts_as_the_terminal_does(make: Make) -> None:
    page = make(ordinary(), provenance=PROVENANCE | {"plan": {"posts": 64}})
    assert "64 posts (4 without a paragraph to score)" in text_of(page, ".lead")
    assert "60 posts ·" in text_of(make(ordinary()), ".lead")


def test_an_unfinished_scoring_is_said_at_the_top(make: Make) -> None:
    assert "this page covers 60 of 872 paragraphs" in text_of(
        make(ordinary(), planned=872), "header .warning"
    )


def test_channels_unlike_the_training_texts_are_told_at_the_top(make: Make) -> None:
    like = TrainingProfile(500, {"thanks": 0.3, "blame": 0.2}, {"en": 1.0}, 45)
    foreign = TrainingProfile(500, {"thanks": 0.3, "blame": 0.2}, {"ru": 1.0}, 45)
    assert not make(ordinary(), training=like).css("#unlike")
    told = text_of(make(ordinary() * 2, training=foreign), "#unlike")
    assert "Different from the texts that the model was evaluated on: 2 of 2 channels" in told
    assert re.search(r"channel_0\s*: language", told)
    assert "is not known" in text_of(make(ordinary()), "#unlike")


def findings(page: LexborHTMLParser) -> str:
    return text_of(page, ".findings")


def by_day(shares: tuple[float, float], posts: int) -> list[Mapping[str, Any]]:
    """Posts of one paragraph over forty days; the first half of them with the first share."""
    start, rng = datetime(2024, 1, 1, tzinfo=UTC), np.random.default_rng(1)
    return [
        {"published": start + timedelta(days=i * 40 // posts),
         "thanks": bool(rng.random() < shares[i >= posts // 2])}
        for i in range(posts)
    ]  # fmt: skip


def test_a_frame_that_grew_is_told_with_both_shares(make: Make) -> None:
    told = findings(make(by_day((0.05, 0.3), 400)))
    assert re.search(r"compared with before: Thanking grew from \d+% of paragraphs to \d+%", told)


def test_without_a_clear_change_the_smallest_detectable_one_is_given(make: Make) -> None:
    told = findings(make(by_day((0.3, 0.3), 160)))
    found = re.search(
        r"Too few posts to tell .* the smallest detectable change is about (\d+) percentage", told
    )
    assert found is not None
    # Two halves of 80: a standard error of 0.07, times 2.24 (5% over two frames) and 0.84 more.
    assert 18 <= int(found[1]) <= 30


def in_channels(shares: Mapping[str, float], posts: int) -> list[Mapping[str, Any]]:
    rng = np.random.default_rng(2)
    return [
        {"channel": channel, "thanks": bool(rng.random() < share)}
        for channel, share in shares.items() for _ in range(posts)
    ]  # fmt: skip


def test_channels_alike_are_not_told_apart_for_their_luck(make: Make) -> None:
    told = findings(make(in_channels({f"channel_{i}": 0.5 for i in range(20)}, 40)))
    assert "Too few posts to tell whether channels differ" in told
    assert "smallest detectable difference between two channels is about" in told


def test_channels_surely_apart_are_named_with_their_shares(make: Make) -> None:
    told = findings(make(in_channels({"much": 0.8, "little": 0.2, "half": 0.5}, 100)))
    assert re.search(r"Channels differ: [78]\d% of the paragraphs of much have a frame", told)
    assert re.search(r"and [12]\d% of those of little", told)


def test_a_rare_stance_is_hatched_and_not_a_finding(make: Make) -> None:
    rows = [{"stance_moon": "favour" if i < 9 else "neutral"} for i in range(60)]
    page = make(rows)
    assert "favoured" not in findings(page)
    marks = [("rare" in (c.attributes["class"] or "")) for c in page.css("#stances tbody td.n")]
    assert marks[:3] == [True, False, True]  # 0 against, 51 neutral, 9 in favour


def test_each_stance_and_frame_leads_to_its_paragraphs(make: Make) -> None:
    page = make(ordinary())
    ids = {node.id for node in page.css("[id]")}
    links = [str(a.attributes["href"]) for a in page.css("#shares a, #stances a")]
    assert len(links) == 2 + 2  # two frames; against and in favour
    assert all(link[1:] in ids for link in links)


def test_the_page_is_named_after_its_channels(make: Make) -> None:
    assert text_of(make(ordinary(), title=""), "h1") == "Rhetoric of channel_0 and channel_1"
    many = make(in_channels({f"c{i}": 0.5 for i in range(5)}, 3), title="")
    assert text_of(many, "h1") == "Rhetoric of 5 channels"


def test_the_page_speaks_russian(make: Make) -> None:
    page = make(ordinary(), title="", language="ru")
    assert first(page, "html").attributes["lang"] == "ru"
    assert text_of(page, "h1") == "Риторика: channel_0 и channel_1"
    assert "60 абзацев · 60 постов · 2 канала · 1 января 2024 – 29 февраля 2024" in text_of(
        page, ".lead"
    )
    assert "Чаще всего встречаются: Thanking" in findings(page)


@pytest.mark.parametrize(
    ("rows", "section", "said"),
    [
        ([], "#frames .empty", "No paragraphs were scored."),
        ([{}], ".findings", "None of the 2 frames was found in any paragraph."),
        ([{}], "#together .empty", "No frame was found, so none occur together."),
        ([{"published": datetime(y, 1, 1, tzinfo=UTC)} for y in (2018, 2024)], "header .lead",
         "2018 – 2024"),
        ([{"published": datetime(2018, 1, 1, tzinfo=UTC), "thanks": True}], "#paragraphs .meta",
         "· 2018 ·"),
        ([{"language": c, "language_supported": False} for c in ("sw", "qq", "und")], "#remarks",
         "handles poorly or was not trained on (Swahili and others)"),
        ([], "#left-out .empty", "The scores folder has no record of what was left out."),
        ([{"published": None}], "#time .empty", "No paragraph has a date"),
        ([{}], "#time .empty", "All dates fall into one period (1 May 2024)"),
        ([{}], "#channels .note", "There is only one channel"),
        ([{}], "#forwards .empty", "No post is marked as forwarded"),
        ([{}], "#paragraphs .gallery .empty", "Not found in any paragraph."),
        ([{}], "#shift .empty", "Not measured"),
        ([{}], "#corrected .empty", "Not known"),
        ([{"channel": None}], "#by-channels tbody th", "(no channel named)"),
        ([{"language": "sw", "language_supported": False}], "#languages .warning",
         "In a language that the model handles poorly"),
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
    rows = [{"channel": HOSTILE[i % 2], "blame": i < 3} for i in range(300)]
    make([*rows, {"thanks": True, "published": datetime(2024, 5, 20, tzinfo=UTC)}])
    found = [ET.parse(path).getroot() for path in (tmp_path / "scored" / "report").glob("*.svg")]
    assert len(found) == 4  # nothing is said of the Moon
    words = " ".join(text for svg in found for text in svg.itertext())
    assert "<1%" in words
    assert "<script>" in words


def test_pictures_of_an_earlier_report_do_not_stay(make: Make, tmp_path: Path) -> None:
    old = tmp_path / "scored" / "report"
    old.mkdir(parents=True)
    (old / "frames_over_time.svg").write_text("<svg/>")
    make([{}])
    assert not (old / "frames_over_time.svg").exists()


def test_where_it_comes_from_is_said_in_sentences_without_folders(make: Make) -> None:
    page = make([{"source_file": "/home/anna/export/result.json"}])
    told = text_of(page, "#origin")
    assert "Posts: result.json. Codebook: Two frames, version 9.1." in told
    assert (
        "Model: m1, trained on 1,234 passages, evaluated on 200 passages not used in training."
        in told
    )
    assert "the model's maximum length: 2 paragraphs." in told
    assert "/home" not in (page.html or "")


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


def test_without_a_local_sample_corrected_shares_lead_nothing(make: Make, tmp_path: Path) -> None:
    page = make(ordinary(), errors=known_errors({"error_rates": RATES}))
    assert "not corrected for shift" in text_of(page, "#corrected .warning")
    assert "open" not in first(page, "#corrected details").attributes
    assert "mistakes" not in findings(page)
    # Of 250 coded passages 0.8 * 50 = 40 were found rightly and 0.1 * 200 = 20 wrongly.
    assert text_of(page, "#errs tbody tr") == "Thanking 7 8"
    rows = list(csv.DictReader((tmp_path / "scored/report/prevalence.csv").open(encoding="utf-8")))
    assert [row["corrected_for_shift"] for row in rows] == ["False", "False"]
    # A third was found of which some was seen wrongly: (1/3 - 0.1) / (0.8 - 0.1) = 1/3.
    assert float(rows[0]["share_corrected"]) == pytest.approx(1 / 3, abs=0.08)
    assert float(rows[0]["low"]) < 0.2 < 0.45 < float(rows[0]["high"])
    assert "not corrected for shift" in (tmp_path / "scored/report/prevalence.svg").read_text()
    assert (tmp_path / "scored/report/prevalence.png").is_file()


def test_with_a_local_sample_the_corrected_share_leads(make: Make, tmp_path: Path) -> None:
    local = {"file": "coded.jsonl", "passages": 120, "error_rates": RATES}
    page = make(ordinary(), errors=known_errors({"error_rates": RATES, "local": local}))
    (section,) = page.css("#corrected")
    assert "120 coded passages of this kind" in section.text()
    assert "corrected for shift" not in section.text()
    assert "corrected for the program's errors" in page.css(".findings li")[0].text()
    rows = list(csv.DictReader((tmp_path / "scored/report/prevalence.csv").open(encoding="utf-8")))
    assert [row["local_passages"] for row in rows] == ["120", "120"]


def test_what_was_not_found_is_not_corrected(make: Make) -> None:
    rows = [{"thanks": i % 2 == 0} for i in range(40)]
    page = make(rows, errors=known_errors({"error_rates": RATES}))
    assert [row.text().strip() for row in page.css("#corrected-shares tbody th")] == ["Thanking"]


def test_a_model_without_error_rates_says_so(make: Make) -> None:
    assert known_errors({}) is None
    assert "Not known" in text_of(make(ordinary()), "#corrected")


def test_figures_carry_what_they_need_away_from_the_page(make: Make, tmp_path: Path) -> None:
    make(ordinary())
    for path in (tmp_path / "scored" / "report").glob("*.svg"):
        words = " ".join(ET.parse(path).getroot().itertext())
        for part in ("A report", "60 posts", "2 channels", "1 January 2024", "m1"):
            assert part in words, path.name


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
        "F1 0.81 on the passages used to set its thresholds",
        "unsupported: F1 0.40 on the passages used to set its thresholds, below 0.60",
        "unsupported: too few training texts to tell",
        "unsupported: not trained on it",
    }
