"""Workbooks, archives, saved pages and collectors' tables."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook

from pipeline import sources
from pipeline.errors import InputError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(path: Path, **columns: str | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    return sources.read_all([path], columns, {})


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_sheet_of_posts_is_a_table_below_whatever_heads_it(tmp_path: Path) -> None:
    path = tmp_path / "posts.bin"
    path.write_bytes(
        workbook(
            ["Report of the week"],
            ["ID", "Канал", "Дата", "Текст"],
            [12.0, "@harbour", datetime(2026, 3, 1, 12), "One."],
            [None, None, None, None],
            [13, "@harbour", 46082.5, "Two."],  # days since 1899-12-30
        )
    )
    posts, _ = read(path)
    assert posts.select("post_id", "published", "text").rows() == [
        ("harbour/12", NOON, "One."),
        ("harbour/13", NOON, "Two."),
    ]


def test_a_damaged_or_overlong_workbook_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "posts.xlsx"
    whole = workbook(["text"], *[["words"]] * 50)
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"more than 20 cells; .*limits\.table_cells"):
        list(sources.read(path, {}, {}, sources.Limits(table_cells=20)))
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut] + b"\0" * 40 + whole[cut + 40 :])
        try:
            read(path)
        except InputError as error:
            assert "\n" not in str(error)


ODS = (
    '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:spreadsheet>'
    "<t:table>{}</t:table></o:spreadsheet></o:body></o:document-content>"
)


def test_an_ods_sheet_is_a_table_and_its_empty_million_rows_are_none(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<t:table-row>" + "".join(cells) + "</t:table-row>"

    def words(text: str) -> str:
        return f"<t:table-cell><x:p>{text}</x:p></t:table-cell>"

    number = '<t:table-cell o:value-type="float" o:value="7"/>'
    stamp = '<t:table-cell o:value-type="date" o:date-value="2026-03-01T12:00:00"/>'
    rest = (
        '<t:table-row t:number-rows-repeated="1048000">'
        '<t:table-cell t:number-columns-repeated="16384"/></t:table-row>'
    )
    content = row(words("id"), words("date"), words("text"))
    content += row(number, stamp, words("One</x:p><x:p>two")) + rest
    files = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
    path = zipped(tmp_path / "x", {**files, "content.xml": ODS.format(content)})
    assert read(path)[0].select("post_id", "published", "text").rows() == [("7", NOON, "One\ntwo")]


def test_a_zip_of_an_export_is_the_export(tmp_path: Path) -> None:
    chat = {"name": "L", "id": 7, "messages": [{"id": 1, "text": "The lamp is lit."}]}
    files = {"ChatExport/result.json": json.dumps(chat), "ChatExport/css/style.css": "a {}"}
    posts, _ = read(zipped(tmp_path / "x", files))
    assert posts["post_id"].to_list() == ["7/1"]
    with pytest.raises(InputError, match="a ZIP archive of 2 files; expected an export"):
        read(zipped(tmp_path / "y", {"a.csv": "text\na\n", "b.csv": "text\nb\n"}))


def test_a_page_saved_as_mhtml_is_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.mhtml"
    path.write_text(
        "From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n"
        '\tboundary="--b"\n\n----b\nContent-Type: text/html\n'
        "Content-Transfer-Encoding: quoted-printable\n\n"
        '<div class=3D"tgme_widget_message" data-post=3D"harbour/5"><div class=3D"tgme_wid=\n'
        'get_message_text">The lamp =E2=80=93 lit.</div></div>\n----b--\n'
    )
    assert read(path)[0].select("post_id", "text").rows() == [("harbour/5", "The lamp – lit.")]


def test_a_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InputError, match="a pipe, not a file"):
        read(path)


COLLECTED: list[tuple[str, Any, tuple[str | None, ...]]] = [
    (
        "telethon",
        {"_": "Message", "id": 5, "peer_id": {"channel_id": 77}, "date": "2026-03-01T12:00:00Z",
         "message": "", "rich_message": {"blocks": [{"text": {"text": "Words."}}]},
         "fwd_from": {"from_id": {"channel_id": 8}, "from_name": None}},
        ("77/5", "77", "8", None),
    ),
    (
        "pyrogram",
        {"_": "Message", "id": 5, "date": "2026-03-01 12:00:00", "caption": "Words.",
         "chat": {"id": -1001234567, "title": "Lamp", "username": "lamp_mfa"}},
        ("lamp_mfa/5", "Lamp", None, "https://t.me/lamp_mfa/5"),
    ),
    (
        "vk",
        {"id": 5, "owner_id": -9, "date": 1772366400, "text": "",
         "copy_history": [{"owner_id": 3, "text": "Words."}]},
        ("9/5", "9", "3", None),
    ),
    (
        "crowdtangle",
        {"Page Name": "Lamp", "Post Created": "2026-03-01 07:00:00 EST", "Message": "Words.",
         "URL": "https://f.example/5"},
        ("https://f.example/5", "Lamp", None, "https://f.example/5"),
    ),
    (
        "meta_content_library",
        {"id": "99", "creation_time": "2026-03-01T12:00:00", "text": "Words.",
         "post_owner.name": "Lamp"},
        ("Lamp/99", "Lamp", None, None),
    ),
    (
        "snscrape",
        {"url": "https://x.example/5", "date": "2026-03-01T12:00:00+00:00", "rawContent": "Words.",
         "id": 5, "user": {"username": "lamp_mfa"}},
        ("lamp_mfa/5", "lamp_mfa", None, "https://x.example/5"),
    ),
    (
        "x",
        {"id": "5", "text": "Words.", "created_at": "2026-03-01T12:00:00.000Z", "author_id": "7",
         "edit_history_tweet_ids": ["5"]},
        ("7/5", "7", None, None),
    ),
    (
        "telegram_scraper",
        {"id": 1, "message_id": 5, "date": "2026-03-01 12:00:00", "sender_id": 3, "username": "bob",
         "message": "Words.", "media_path": None, "reply_to": None},
        ("5", None, None, None),
    ),
    (
        "brandwatch",
        {"Query Id": 1, "Date": "2026-03-01 12:00:00.0", "Snippet": "W…", "Full Text": "Words.",
         "Url": "https://b.example/5", "Author": "Lamp"},
        ("https://b.example/5", "Lamp", None, "https://b.example/5"),
    ),
    (
        "mediacloud",
        {"id": "a5", "title": "Words.", "publish_date": "2026-03-01 12:00:00", "media_name": "Lamp",
         "url": "https://m.example/5"},
        ("a5", "Lamp", None, "https://m.example/5"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "meant"), COLLECTED, ids=[name for name, *_ in COLLECTED])
def test_a_collectors_table_is_known_by_its_columns_and_by_its_preset(
    tmp_path: Path, name: str, row: Any, meant: tuple[str | None, ...]
) -> None:
    path = tmp_path / "x"
    path.write_text(json.dumps(row) + "\n")
    for columns in ({}, {"collector": name}):
        posts, _ = sources.read_all([path], columns, {})
        assert posts.select("post_id", "channel", "forwarded_from", "url").rows() == [meant]
        assert posts.select("text", "published").rows() == [("Words.", NOON)]


def test_rows_wrapped_in_an_object_are_rows_and_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for content in (
        {"data": [{"id": 1, "text": "One."}]},
        {"response": {"items": [{"text": "One."}]}},
    ):
        for indent in (None, 1):
            path.write_text(json.dumps(content, indent=indent))
            assert read(path)[0]["text"].to_list() == ["One."]
    for columns in (
        {"id": {"0": 1}, "text": {"0": "One."}},
        {"columns": ["text"], "data": [["x"]]},
    ):
        path.write_text(json.dumps(columns))
        with pytest.raises(InputError, match="by column"):
            read(path)


def test_a_preview_says_what_is_taken_for_what(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "Message ID;Group;Content;Date\n5;@harbour;Words.;1.3.26\n6;@harbour;NaN;soon\n"
    )
    seen = sources.preview(path, {}, {})
    assert seen.columns == {
        "id": "Message ID", "channel": "Group", "text": "Content", "published": "Date"
    }  # fmt: skip
    assert seen.not_found == ("edited", "forwarded_from", "url", "media")
    assert (seen.posts, seen.undated, seen.dropped) == (1, 0, {"empty": 1})
    assert seen.rows["post_id"].to_list() == ["harbour/5"]
