"""Tables of any collector: CSV, JSONL, JSON arrays, Parquet; usual names and mapped ones."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipeline import sources
from pipeline.errors import InputError
from pipeline.sources.collectors import COLLECTORS

PRESETS = Path(__file__).resolve().parents[2] / "configs/ingest/table"


def jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def preset(name: str) -> dict[str, str | None]:
    columns = yaml.safe_load((PRESETS / f"{name}.yaml").read_text("utf-8"))
    return {field: column for field, column in columns.items() if field != "defaults"}


def read(
    path: Path, columns: dict[str, str | None] | None = None, aliases: dict[str, str] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    return sources.read_all([path], columns or {}, aliases or {})


def test_a_plain_jsonl_keeps_its_ids_verbatim(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"id": " A-7 ", "text": "One."}, {"id": 12, "text": "Two."})
    posts, dropped = read(path)
    assert posts.select("post_id", "text", "opening", "before").rows() == [
        (" A-7 ", "One.", None, None),
        ("12", "Two.", None, None),
    ]
    assert dropped.is_empty()


def test_rows_with_opening_or_before_are_marked_as_passages(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x",
        {"id": "a", "text": "One.", "opening": "", "before": ""},
        {"id": "b", "text": "Two.", "opening": "The opening."},
        {"passage_id": "c", "text": "Three.", "before": None},
    )
    posts, _ = read(path)
    assert posts.select("post_id", "opening", "before").rows() == [
        ("a", "", ""),
        ("b", "The opening.", None),
        ("c", None, None),
    ]


def test_the_context_of_a_passage_may_be_nested(tmp_path: Path) -> None:
    row = {"id": "a", "text": "One.", "meta": {"opening": "The post opens.", "before": ""}}
    columns: dict[str, str | None] = {"opening": "meta.opening", "before": "meta.before"}
    posts, _ = read(jsonl(tmp_path / "x", row), columns)
    assert posts.select("opening", "before").rows() == [("The post opens.", "")]


def test_channel_and_message_number_make_the_id_and_an_alias_joins_names(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x",
        {"id": 5, "channel": "lamp", "text": "One."},
        {"id": "5", "channel": "https://t.me/harbour", "text": "Two."},
        {"id": "note-5", "channel": "@lamp", "text": "Three."},
    )
    posts, _ = read(path, aliases={"lamp": "lamp_embassy"})
    assert posts.select("post_id", "channel").rows() == [
        ("lamp_embassy/5", "lamp_embassy"),
        ("harbour/5", "harbour"),
        ("note-5", "lamp_embassy"),
    ]


def test_a_list_column_gives_one_paragraph_an_item(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x", {"url": "https://s.example/1", "paragraphs": ["One.", " ", "Two."]}
    )
    posts, _ = read(path)
    assert posts.select("text", "url").rows() == [("One.\n\nTwo.", "https://s.example/1")]


def test_rows_without_ids_get_ids_that_depend_on_content_alone(tmp_path: Path) -> None:
    first = jsonl(tmp_path / "a", {"text": "One."}, {"text": "Two."})
    second = jsonl(tmp_path / "b", {"text": "Two."}, {"text": "One."})
    assert set(read(first)[0]["post_id"]) == set(read(second)[0]["post_id"])
    assert read(first)[0]["post_id"].n_unique() == 2


def test_a_year_alone_is_its_first_day_with_a_flag(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"text": "One.", "year": 1998}, {"text": "Two.", "year": "2022"})
    posts, _ = read(path)
    assert posts.select("published", "published_year_only").rows() == [
        (datetime(1998, 1, 1, tzinfo=UTC), True),
        (datetime(2022, 1, 1, tzinfo=UTC), True),
    ]


def test_damaged_lines_are_dropped_rows_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        '{"id": "a", "text": "One."}\n{"id": "b", "te\n\n[1, 2]\n{"id": "c", "text": 5}\n'
        '{"id": "d", "text": null}\n{"id": "e", "text": "\\ud800 lone"}\n' + "[" * 5000 + "\n"
    )
    posts, dropped = read(path)
    assert posts.select("post_id", "text").rows() == [("a", "One."), ("e", "\ufffd lone")]
    assert dropped["reason"].to_list() == ["damaged", "damaged", "damaged", "empty", "damaged"]
    assert dropped["text"].to_list()[0] == '{"id": "b", "te\n'


def test_a_number_that_python_refuses_to_read_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('[{"text": "One.", "id": ' + "1" * 5000 + "}]")
    with pytest.raises(InputError, match="a number of some thousand digits"):
        read(path)


def test_csv_of_any_delimiter_quoting_and_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('id;Text;date\n1;"One; ""two""\n\nthree";3 March 2026\n', "utf-8-sig")
    assert read(path)[0].select("post_id", "text", "published").rows() == [
        ("1", 'One; "two"\n\nthree', datetime(2026, 3, 3, tzinfo=UTC))
    ]
    path.write_bytes("id\ttext\n1\tПривет\n".encode("utf-16"))
    assert read(path)[0]["text"].to_list() == ["Привет"]
    path.write_text("text\nOne.\nTwo.\n")
    assert read(path)[0]["text"].to_list() == ["One.", "Two."]


@pytest.mark.parametrize(
    "text",
    [
        "\n \nid,text\n1,One.\n",
        "sep=;\nid;text\n1;One.\n",
        '"SEP=;"\r\nid;text\r\n1;One.\r\n',
        "sep=\t\nid\ttext\n1\tOne.\n",
        "\nsep=^\n\nid^text\n1^One.\n",
    ],
)
def test_blank_lines_and_excels_separator_above_the_header_are_passed_over(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.csv"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(text, encoding, newline="")
        assert read(path)[0].select("post_id", "text").rows() == [("1", "One.")]


def test_lines_above_the_header_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('\nsep=,\nid,text\n1,One.\n2,"Two.\n3,Three.\n')
    with pytest.raises(InputError, match=r"x\.csv:5: invalid CSV .*not closed"):
        read(path)


def test_csv_rows_of_another_width_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("id,text,url\n1,One.,https://a.example,extra\n2,Two.\n3\n")
    posts, dropped = read(path)
    assert posts.select("post_id", "text", "url").rows() == [("2", "Two.", None)]
    assert dropped.select("reason", "text").rows() == [
        ("damaged", "1,One.,https://a.example,extra"),
        ("empty", ""),
    ]


def test_a_quotation_mark_that_never_closes_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id,text\n1,One.\n2,"Two.\n3,Three.\n4,Four.\n')
    with pytest.raises(InputError, match=r"x\.csv:3: invalid CSV .*not closed"):
        read(path)


def test_parquet_is_read_with_typed_columns_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "x"
    pl.DataFrame(
        {
            "id": [1, 2],
            "body": [["One.", "Two."], ["Three."]],
            "at": [datetime(2026, 3, 1, 12), None],
            "day": [date(2026, 3, 1), date(2026, 3, 2)],
        }
    ).write_parquet(path)
    posts, _ = read(path, {"published": "at"})
    assert posts["text"].to_list() == ["One.\n\nTwo.", "Three."]
    assert posts["published"].to_list() == [datetime(2026, 3, 1, 12, tzinfo=UTC), None]
    assert read(path, {"published": "day"})[0]["published"].null_count() == 0


def test_a_time_that_python_cannot_hold_is_null(tmp_path: Path) -> None:
    path = tmp_path / "x"
    times = pl.Series([0, 2**62], dtype=pl.Int64).cast(pl.Datetime("us"))
    pl.DataFrame({"text": ["One.", "Two."], "date": times}).write_parquet(path)
    assert read(path)[0]["published"].to_list()[1] is None


def test_a_json_array_and_a_packed_file_are_tables_as_well(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('[\n {"id": 1, "text": "One."},\n 5,\n {"id": 2, "text": "Two."}\n]')
    posts, dropped = read(path)
    assert posts["post_id"].to_list() == ["1", "2"]
    assert dropped["reason"].to_list() == ["damaged"]
    path.write_bytes(gzip.compress(b'{"id": "a", "text": "One."}\n'))
    assert read(path)[0]["post_id"].to_list() == ["a"]


def test_nesting_alone_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("[" * 200_000)
    with pytest.raises(InputError, match="the JSON is incomplete"):
        read(path)


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"id": 1, "content_text": "One."})
    with pytest.raises(InputError, match=r"x\.jsonl: no column with the text among id, content_t"):
        read(path)
    with pytest.raises(InputError, match=r"'contenttext' \(ingest.table.text\); did you mean 'con"):
        read(path, {"text": "contenttext"})
    assert read(path, {"text": "content_text"})[0]["text"].to_list() == ["One."]


def test_a_column_of_times_without_any_time_is_refused(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"text": "One.", "place": "Harbour"})
    with pytest.raises(
        InputError, match=r"published=place: no valid time in that column, e\.g\. 'Harb"
    ):
        read(path, {"published": "place"})


def test_dates_that_nobody_can_read_are_not_lost_without_a_word(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"text": "One.", "date": "1.79E+12"})
    with pytest.raises(
        InputError, match=r"published=date: no valid time.*'1\.79E\+12'.*published=''"
    ):
        read(path)
    assert read(path, {"published": ""})[0]["published"].to_list() == [None]


def test_an_empty_name_means_that_the_file_has_no_such_column(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"text": "One.", "year": 2022})
    assert read(path, {"published": ""})[0]["published"].to_list() == [None]


def test_the_preset_for_4cat_csv_reads_old_and_new_ids(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "id,thread_id,chat,author_name,body,timestamp,unix_timestamp,unix_timestamp_edited,"
        "author_forwarded_from_name,author_forwarded_from_username,attachment_type\n"
        "lamp-12,lamp,lamp,L,One.,2026-03-01 15:00:00,1772366400,1772370000,Harbour,,photo\n"
        "13,lamp,lamp,L,Two.,2026-03-01 15:00:00,1772366400,,,,\n"
    )
    posts, _ = read(path, preset("fourcat_csv"))
    assert posts.select("post_id", "channel", "forwarded_from", "media", "url").rows() == [
        ("lamp/12", "lamp", "Harbour", "photo", "https://t.me/lamp/12"),
        ("lamp/13", "lamp", None, None, "https://t.me/lamp/13"),
    ]
    assert posts["published"].to_list() == [datetime(2026, 3, 1, 12, tzinfo=UTC)] * 2
    assert posts["edited"].to_list() == [datetime(2026, 3, 1, 13, tzinfo=UTC), None]


def test_the_preset_for_4cat_ndjson_reads_nested_fields(tmp_path: Path) -> None:
    row = {"_type": "Message", "id": 12, "message": "One.", "date": 1772366400.0, "edit_date": None,
           "_chat": {"username": "lamp"}, "peer_id": {"channel_id": 77},
           "fwd_from": {"from_id": {"channel_id": 8}, "from_name": None}}  # fmt: skip
    path = jsonl(tmp_path / "x", row, {**row, "_type": "MessageService", "id": 13, "message": ""})
    posts, dropped = read(path, preset("fourcat_ndjson"))
    assert posts.select("post_id", "forwarded_from", "published").rows() == [
        ("lamp/12", "8", datetime(2026, 3, 1, 12, tzinfo=UTC))
    ]
    assert dropped.select("post_id", "reason").rows() == [("lamp/13", "service")]


def test_the_preset_for_telethon_joins_with_an_export_by_alias(tmp_path: Path) -> None:
    row = {"_": "Message", "id": 12, "peer_id": {"_": "PeerChannel", "channel_id": 77},
           "date": "2026-03-01T12:00:00+00:00", "message": "One.", "edit_date": None,
           "fwd_from": None, "media": {"_": "MessageMediaPhoto"}}  # fmt: skip
    posts, _ = read(jsonl(tmp_path / "x", row), preset("telethon"), {"77": "lamp"})
    assert posts.select("post_id", "media").rows() == [("lamp/12", "MessageMediaPhoto")]


def test_the_preset_for_un_debates_makes_the_country_a_channel(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"iso": "ABC", "year": 2022, "file": "ABC_77.txt", "text": "One."})
    posts, _ = read(path, preset("un_debate"))
    assert posts.select("post_id", "channel", "published_year_only").rows() == [
        ("ABC_77.txt", "ABC", True)
    ]


def test_every_preset_is_tried_here() -> None:
    presets = {path.stem for path in PRESETS.glob("*.yaml")}
    assert presets == {*COLLECTORS, "plain", "un_debate"}
    for name in COLLECTORS:
        assert preset(name) == {"collector": name}


@pytest.mark.parametrize(
    ("dates", "read_as"),
    [
        (("13/10/2026", "01/10/2026"), (10, 10)),
        (("10/13/2026", "10/1/2026"), (10, 10)),
        (("13/10/2026", "10/13/2026", "01/02/2026"), (10, 10, None)),
    ],
)
def test_a_column_tells_the_order_of_its_dates(
    tmp_path: Path, dates: tuple[str, ...], read_as: tuple[int | None, ...]
) -> None:
    path = jsonl(tmp_path / "x", *({"text": f"{n}.", "date": d} for n, d in enumerate(dates)))
    months = [at and at.month for at in read(path)[0]["published"]]
    assert months == list(read_as)


def test_an_order_that_the_column_does_not_tell_is_asked_for(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x", {"text": "One.", "date": "01/02/2026 10:00"})
    with pytest.raises(InputError, match=r"'01/02/2026 10:00'\?.*date_order=dmy or .*=mdy"):
        read(path)
    posts, _ = read(path, {"date_order": "mdy", "timezone": "Europe/Moscow"})
    assert posts["published"].to_list() == [datetime(2026, 1, 2, 7, tzinfo=UTC)]
    for wrong in ({"date_order": "ymd"}, {"timezone": "Mars"}, {"encoding": "cp0"}):
        with pytest.raises(InputError, match=r"ingest\.table\.\w+=\w+: (allowed|no such)"):
            read(path, dict(wrong))


def test_bytes_of_another_encoding_are_counted_and_the_encoding_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,text\n" + b"1,words\n" * 10_000 + "2,«Привет»\n".encode("cp1251"))
    said: list[str] = []
    sources.read_all([path], {}, {}, say=said.append)
    assert "8 bytes are not UTF-8" in said[-1]
    posts, _ = read(path, {"encoding": "cp1251"})
    assert posts["text"].to_list()[-1] == "«Привет»"


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (
            '"id","text"\n"1","the \\"rules\\", he said"\n2,"a \\\\ b"\n',
            ['the "rules", he said', "a \\ b"],
        ),
        ('id,text\n1,"C:\\path\\"\n2,"b"\n', ["C:\\path\\", "b"]),
        (
            'id\ttext\n1\t"Rules" are not law.\n2\t"Never closed\n',
            ['"Rules" are not law.', '"Never closed'],
        ),
        ('id\ttext\n1\t"two\nlines"\n2\tplain\n', ["two\nlines", "plain"]),
        ("id,text\n1,one,,\n2,two\n", ["one", "two"]),
        (
            "id,text\n1,<p>One &amp; <b>two</b></p><p>3 &lt; 4</p>\n2,a < b > c\n",
            ["One & two\n\n3 < 4", "a < b > c"],
        ),
    ],
)
def test_cells_are_read_as_they_were_meant(tmp_path: Path, content: str, texts: list[str]) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert read(path)[0]["text"].to_list() == texts


def test_words_for_nothing_are_null_in_every_column(tmp_path: Path) -> None:
    rows = [
        {"id": n, "text": f"{n}.", "forwarded_from": word, "channel": word, "date": word}
        for n, word in enumerate(["None", "nan", "NULL", "NaT", "", "[]", None, "2026-03-01"])
    ]
    rows[-1] |= {"forwarded_from": "False", "channel": "lamp"}
    posts, _ = read(jsonl(tmp_path / "x", *rows))
    assert posts["forwarded_from"].null_count() == len(rows)
    assert posts["channel"].to_list() == [None] * 7 + ["lamp"]


def test_a_dropped_row_keeps_its_text(tmp_path: Path) -> None:
    media = {"_": "MessageMediaPoll", "poll": {"question": {"text": "Who decides?"}}}
    poll = {"_": "Message", "id": 1, "peer_id": {"channel_id": 7}, "date": None, "message": ""}
    poll["media"] = media
    _, dropped = read(jsonl(tmp_path / "x", poll))
    assert dropped.select("reason", "text").rows() == [("poll", "Who decides?")]
