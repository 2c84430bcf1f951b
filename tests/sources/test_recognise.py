"""A file is what its first bytes say; what is none of the kinds is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import InputError
from pipeline.sources.recognise import recognise

EXPORT = '{"name": "L", "type": "public_channel", "id": 7, "messages": [{"id": 1, "text": "One."}]}'
KINDS = [
    (EXPORT, "TelegramExport"),
    (EXPORT.replace(",", ",\n"), "TelegramExport"),
    ('{"about": "a", "personal_information": {}, "chats": {"list": []}}', "TelegramExport"),
    ('{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n', "Table"),
    ('{"id": "a", "text": "One."}', "Table"),
    ('\n  {"id": "a", "text": "One."}', "Table"),
    ('{"id": "a", "text": "' + "long " * 20_000 + '"}\n', "Table"),
    ('[{"id": "a", "text": "One."}]', "Table"),
    ("id,text\na,One.\n", "Table"),
    ("text\nOne.\n", "Table"),
    ('<div class="tgme_widget_message" data-post="a/1"></div>', "TelegramWeb"),
    ("Forwarded from\u00a0Harbour, Text and Light\nOne.\n", "PageText"),
]


@pytest.mark.parametrize(("content", "kind"), KINDS)
def test_the_content_decides_and_not_the_name(tmp_path: Path, content: str, kind: str) -> None:
    path = tmp_path / "misleading.pdf"
    path.write_text(content, encoding="utf-8")
    assert type(recognise(path, {})).__name__ == kind
    path.write_bytes(b"\xef\xbb\xbf" + content.encode())
    assert type(recognise(path, {})).__name__ == kind


FOREIGN = [
    (b"", "the file is empty"),
    (b"\xef\xbb\xbf \n\t\n", "the file is empty"),
    (b"PK\x03\x04rest", "a damaged ZIP archive or Excel workbook"),
    (b"%PDF-1.7", "looks like a PDF"),
    (bytes(200), "looks like a binary file"),
    ("id,text\n1,Привет".encode("cp1251"), r"not UTF-8 text \(byte 11\)"),
    (b"PAR1PAR1", "not a readable Parquet file"),
    (b"name,comment\nAnn,hello\n", "no column with the text among name, comment"),
    (b"id,text\n", "a table with no rows"),
    (b"[]", "a table with no rows"),
    (b"Just a few words.\nAnd a few more.\n", "looks like plain text"),
]


@pytest.mark.parametrize(("content", "complaint"), FOREIGN)
def test_what_is_no_source_is_refused_in_one_line(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint) as caught:
        sources.read_all([path], {}, {})
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_gone_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        recognise(tmp_path / "gone.json", {})
    with pytest.raises(InputError, match="a folder"):
        recognise(tmp_path, {})
