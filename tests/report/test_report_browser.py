"""The page in a real browser: what its script does, and what hostile posts do not."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline import report
from pipeline.codebook import Codebook
from pipeline.report.aggregates import measure
from pipeline.report.formatting import interval, percent
from pipeline.report.series import frame_share
from pipeline.scoring.scores_folder import open_folder

pytestmark = pytest.mark.acceptance

WriteFolder = Callable[..., Path]
Browse = Callable[..., LexborHTMLParser]


@pytest.fixture
def browse(write_folder: WriteFolder, codebook: Codebook, tmp_path: Path) -> Browse:
    """Rows and a script to run on their page → the document as the browser has it afterwards."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")

    def open_page(
        rows: list[Mapping[str, Any]], script: str = "", query: str = ""
    ) -> LexborHTMLParser:
        folder = write_folder(rows)
        path = report.write(
            folder,
            folder,
            codebook,
            report.ReportSettings("In a browser", strongest=2),
            report.Background({}),
        )
        if script:  # The page's own policy would not let it run.
            page = path.read_text(encoding="utf-8")
            page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
            page = page.replace("</body>", f"<script>{script}</script></body>")
            path.write_text(page, encoding="utf-8")
        found = subprocess.run(
            [
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-sync", "--virtual-time-budget=3000",
                f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri() + query,
            ],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip
        return LexborHTMLParser(found.stdout)

    return open_page


def rows(n: int = 240) -> list[Mapping[str, Any]]:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return [
        {
            "published": start + timedelta(days=i) if i % 50 else None,
            "channel": f"channel_{i % 3}",
            "language": "ru" if i % 4 == 0 else "en",
            "thanks": i % 3 == 0 or i % 7 == 0,
            "thanks_p": 0.5 + i / 1000,
            "blame": i % 5 == 0,
            "blame_p": 0.5 + i / 2000,
            "stance_moon": ("against", "absent", "favour", "neutral")[i % 4],
            "forwarded_from": "The News" if i % 10 == 0 else None,
        }
        for i in range(n)
    ]


def first(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    node = page.css_first(selector)
    assert node is not None, selector
    return node


def cells(page: LexborHTMLParser, selector: str) -> list[list[str]]:
    found = [[c.text().strip() for c in row.css("th, td")] for row in page.css(selector)]
    assert found, selector
    return found


def setting(**choices: str) -> str:
    lines = [f"document.getElementById('by-{name}').value = '{v}';" for name, v in choices.items()]
    return "".join(lines) + (
        "document.getElementById('filters').dispatchEvent(new Event('change', {bubbles: true}));"
    )


CHOOSE_CHANNEL_1 = """
    const list = document.getElementById('by-channel');
    list.value = [...list.options].find(option => option.text === 'channel_1').value;
"""
TABLES = ("#shares tbody tr", "#periods tbody tr", "#by-channels tbody tr", "#stances tbody tr",
          "#by-pairs tbody tr")  # fmt: skip


def test_without_a_filter_the_script_draws_what_the_program_drew(
    browse: Browse, tmp_path: Path
) -> None:
    after = browse(rows(), setting(frame="-2"))
    written = (tmp_path / "scored" / "report.html").read_text(encoding="utf-8")
    before = LexborHTMLParser(written)
    for selector in TABLES:
        assert cells(after, selector) == cells(before, selector), selector
    for kind in ("by-channels", "by-pairs"):
        shades = [
            [c.attributes["class"] for c in page.css(f"#{kind} td")] for page in (before, after)
        ]
        assert shades[0] == shades[1]
    for name, attribute in (
        ("polyline", "points"), ("polygon", "points"), ("circle.dot", "cy"), ("rect.bar", "height"),
        ("text", "x"),
    ):  # fmt: skip
        drawn = [[numbers(str(e.attributes[attribute])) for e in page.css(f"#panels {name}")]
                 for page in (before, after)]  # fmt: skip
        assert drawn[0], name
        assert drawn[1] == [pytest.approx(line, abs=0.11) for line in drawn[0]], name
    words = [
        [e.text() for e in page.css("#panels text, #panels title")] for page in (before, after)
    ]
    assert words[0] == words[1]


def numbers(text: str) -> list[float]:
    return [float(part) for part in re.split(r"[ ,]", text)]


def test_filters_count_again(browse: Browse) -> None:
    # channel_1 in Russian: i % 3 == 1 and i % 4 == 0, so i % 12 == 4: 20 of 240, all of them
    # against the Moon; of 4, 16, ..., 232 the frame holds for multiples of 7: 28, 112, 196.
    page = browse(rows(), CHOOSE_CHANNEL_1 + setting(language="1"))
    assert "Shown: 20 of 240 paragraphs (channel_1, Russian)" in first(page, "#filtered").text()
    assert cells(page, "#shares tbody tr")[0][5] == "3"
    assert cells(page, "#stances tbody tr")[0][2:6] == ["20", "0", "0", "20"]
    shown = [c for c in page.css(".gallery:first-of-type .card") if "hidden" not in c.attributes]
    assert shown
    assert {first(c, "bdi").text() for c in shown} == {"channel_1"}
    chosen = page.css("#by-channels tr.chosen th")
    assert [row.text() for row in chosen] == ["channel_1"]


def test_a_frame_and_a_period_leave_the_rest_out(browse: Browse) -> None:
    page = browse(rows(), setting(frame="1", **{"from": "1", "to": "2"}))
    visible = [f for f in page.css("#panels figure") if "hidden" not in f.attributes]
    assert [first(f, "figcaption").text() for f in visible] == ["Paragraphs scored", "Blaming"]
    periods = [r for r in page.css("#periods tbody tr") if "hidden" not in r.attributes]
    assert len(periods) == 2
    galleries = [g for g in page.css(".gallery") if "hidden" not in g.attributes]
    assert [first(g, "h3").text() for g in galleries] == ["Blaming"]


def several(n: int = 240) -> list[Mapping[str, Any]]:
    """Posts of one to four paragraphs, so that intervals need their design effect."""
    return [{**row, "post_id": f"chan/{i * i // 400}"} for i, row in enumerate(rows(n))]


def test_a_filtered_interval_is_the_one_that_the_program_computes(
    browse: Browse, write_folder: WriteFolder, codebook: Codebook
) -> None:
    given = [{**row, "channel": f"channel_{i // 80}"} for i, row in enumerate(several())]
    page = browse(given, CHOOSE_CHANNEL_1 + setting(frame="-2"))
    scores = open_folder(write_folder(given, None), codebook).scores
    found = measure(scores, codebook)
    own = found.cube.filter(pl.col("channel") == "channel_1")
    for place, frame in enumerate(codebook.frames):
        share = frame_share(found, own, frame.code, frame.name["en"], frame.definition)
        assert share.effect > 1.01
        assert cells(page, "#shares tbody tr")[place][2:5] == [
            percent(share.share), interval(share.low, share.high), percent(share.post_share),
        ]  # fmt: skip


def test_filters_stand_in_the_address_and_are_read_from_it(browse: Browse) -> None:
    report_address = "document.title = location.search;"
    page = browse(rows(), CHOOSE_CHANNEL_1 + setting(frame="1") + report_address)
    assert first(page, "title").text() == "?channel=channel_1&frame=blame"
    page = browse(rows(), query="?channel=channel_1&frame=blame&language=Klingon")
    assert "(channel_1, Blaming)" in first(page, "#filtered").text()
    assert [r.text() for r in page.css("#by-channels tr.chosen th")] == ["channel_1"]
    visible = [r for r in page.css("#shares tbody tr") if "hidden" not in r.attributes]
    assert len(visible) == 1


def test_a_column_sorts_the_channels(browse: Browse) -> None:
    given: list[Mapping[str, Any]] = [
        {"channel": f"c{i}", "thanks": j < share} for i, share in enumerate((2, 9, 5))
        for j in range(10)
    ]  # fmt: skip
    page = browse(given, "document.querySelector('#by-channels [data-sort=\"0\"]').click();")
    assert [row[0] for row in cells(page, "#by-channels tbody tr")] == ["c1", "c2", "c0"]
    assert first(page, "#by-channels th[aria-sort]").attributes["aria-sort"] == "descending"


def test_hostile_posts_run_nothing(browse: Browse) -> None:
    attack = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = browse([{"text": attack, "channel": attack, "forwarded_from": attack, "thanks": True,
                    "url": "javascript:document.title='owned'"}])  # fmt: skip
    assert first(page, "title").text() == "In a browser"
    assert not page.css("img")
    # The page's own script did run, under its policy: it shows the filters.
    assert "hidden" not in first(page, "#filters").attributes
