"""A sheet out, filled in as a coder would, saved as spreadsheet programs save, and back."""

from __future__ import annotations

import csv
import io
import os
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pipeline.annotation import importing
from pipeline.annotation.channels import page, sheet
from pipeline.annotation.channels.page.queue import Item, Queue
from pipeline.annotation.channels.returned import Returned
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import clean, passage_id

pytestmark = pytest.mark.slow

TEXTS = [
    "☔ It rains on the “old” town, and nobody minds.",
    "=The wind blew hard; the mayor spoke of it at length.",
    "- Дождь идёт над городом, и ветер не стихает.",
]
Filled = dict[int, dict[str, Any]]  # number of the passage → heading → cell


def queue_of(codebook: Codebook, texts: list[str], **more: Any) -> Queue:
    rows = [
        {"passage_id": passage_id(text), "text": text, "opening": "", "before": "",
         "language": "en", "post": "one", "position": i}
        for i, text in enumerate(texts)
    ]  # fmt: skip
    return page.queue(rows, codebook, "anna", **more)


def known(texts: list[str] = TEXTS) -> dict[str, str]:
    return {passage_id(text): text for text in texts}


def fill_xlsx(path: Path, filled: Filled) -> None:
    book = load_workbook(path)
    coding = book["coding"]
    heading = {str(cell.value): i for i, cell in enumerate(coding[1], start=1)}
    for number, values in filled.items():
        for name, value in values.items():
            coding.cell(number + 1, heading[name]).value = value
    book.save(path)


def fill_csv(
    path: Path, filled: Filled, encoding: str = "utf-8-sig", delimiter: str = ",", first: str = ""
) -> None:
    table = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    for number, values in filled.items():
        for name, value in values.items():
            table[number][table[0].index(name)] = value
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    path.write_bytes((first + out.getvalue()).encode(encoding, "replace"))


Send = Callable[..., Path]


@pytest.fixture(params=["xlsx", "csv"])
def send(request: pytest.FixtureRequest, tmp_path: Path, small_codebook: Codebook) -> Send:
    """A sheet of either kind, written and filled in."""

    def sent(filled: Filled, texts: list[str] = TEXTS, **more: Any) -> Path:
        path = tmp_path / f"anna (1).{request.param}"
        assert sheet.write(queue_of(small_codebook, texts, **more), path, small_codebook) == []
        (fill_xlsx if request.param == "xlsx" else fill_csv)(path, filled)
        return path

    return sent


def lines_of(returned: Returned) -> dict[str, Any]:
    return {line.passage_id: line for line in returned.lines["anna"]}


def place(path: Path) -> str:
    return f"{path}: " + ("sheet 'coding', " if path.suffix == ".xlsx" else "")


def test_rows_that_are_done_come_back_as_lines(send: Send, small_codebook: Codebook) -> None:
    path = send({
        1: {"rain": "present", "stance:town": "Favor", "evidence rain": 'on the "old" town',
            "note": "=clear?", "done": "yes"},
        2: {"done": "x"},
    })  # fmt: skip
    returned = sheet.read(path, small_codebook, known())
    found = lines_of(returned)
    first = found[passage_id(TEXTS[0])]
    assert first.answers == {"rain": "present", "stance:town": "favour"}
    assert first.evidence == {"rain": "on the “old” town"}
    assert (first.note, first.asked, first.codebook_version) == ("=clear?", None, "1")
    assert first.source == f"sheet {queue_of(small_codebook, TEXTS).digest}"
    assert datetime.fromisoformat(first.coded_at).tzinfo is not None
    assert found[passage_id(TEXTS[1])].answers == {}
    assert len(found) == 2
    assert returned.warnings == []


def test_importing_twice_changes_nothing(
    send: Send, small_codebook: Codebook, tmp_path: Path
) -> None:
    path = send({1: {"wind": "borderline", "done": "yes"}, 3: {"done": "yes"}})
    contents = []
    for _ in range(2):
        lines = sheet.read(path, small_codebook, known()).lines["anna"]
        importing.add(lines, tmp_path / "annotations", "anna", small_codebook, supersede=True)
        contents.append((tmp_path / "annotations" / "anna.jsonl").read_bytes())
        os.utime(path, (1_800_000_000, 1_800_000_000))  # as after it was sent by mail
    assert contents[0] == contents[1]


def test_answers_without_done_are_named_and_left_out(send: Send, small_codebook: Codebook) -> None:
    path = send({1: {"done": "yes"}, 2: {"rain": "present"}})
    returned = sheet.read(path, small_codebook, known())
    assert len(returned.lines["anna"]) == 1
    assert [str(w) for w in returned.warnings] == [
        f"{place(path)}cell I3: warning: 1 answers left out: the row is not marked as done"
    ]


def test_every_mistake_is_named_with_its_cell(send: Send, small_codebook: Codebook) -> None:
    path = send({
        1: {"rain": "presnt", "done": "yes"},
        2: {"stance:town": "present", "done": "perhaps"},
        3: {"stance:town": "present", "done": "yes"},
    })  # fmt: skip
    with pytest.raises(InputError) as caught:
        sheet.read(path, small_codebook, known())
    assert str(caught.value).splitlines() == [
        f"{place(path)}cell E2: rain: unknown answer 'presnt'; did you mean 'present'?",
        f"{place(path)}cell I3: 'perhaps': write yes, or leave it empty",
        f"{place(path)}cell G4: stance:town: unknown answer 'present' for this kind of question; "
        "allowed: against, neutral, favour, absent, cannot_say",
    ]


def test_only_what_was_asked_is_answered(send: Send, small_codebook: Codebook) -> None:
    asked = {passage_id(TEXTS[0]): ["wind"], passage_id(TEXTS[1]): ["stance:town"]}
    path = send({1: {"wind": "present", "done": "yes"}}, asked=asked)
    [line] = sheet.read(path, small_codebook, known()).lines["anna"]
    assert (line.asked, line.answers) == (("wind",), {"wind": "present"})
    path = send({1: {"rain": "present", "done": "yes"}}, asked=asked)
    with pytest.raises(InputError, match=r"cell E2: rain is not asked for this passage"):
        sheet.read(path, small_codebook, known())


def test_a_row_whose_text_slipped_to_another_passage_is_refused(
    send: Send, small_codebook: Codebook
) -> None:
    path = send({1: {"text": TEXTS[1], "done": "yes"}})
    with pytest.raises(InputError, match=r"cell M2: the text in this row is not that of passage"):
        sheet.read(path, small_codebook, known())


def test_an_id_that_became_a_number_is_found_again_by_its_text(
    send: Send, small_codebook: Codebook
) -> None:
    changed = TEXTS[0].replace("“old”", '"old"')
    path = send({1: {"passage": "1.23457E+15", "text": changed, "done": "yes"}})
    returned = sheet.read(path, small_codebook, known())
    assert list(lines_of(returned)) == [passage_id(TEXTS[0])]
    assert "its text is that of" in str(returned.warnings[0])
    with pytest.raises(InputError, match="may have converted it to a number"):
        sheet.read(path, small_codebook, {})


def test_a_stripped_zero_is_put_back(send: Send, small_codebook: Codebook) -> None:
    # A passage whose id begins with 0 is found by trying; one in sixteen does.
    text = next(t for i in range(1000) if passage_id(t := f"It rains on day {i} again.")[0] == "0")
    path = send({1: {"passage": passage_id(text)[1:], "done": "yes"}}, texts=[text])
    returned = sheet.read(path, small_codebook, {})
    assert list(lines_of(returned)) == [passage_id(text)]


def test_passages_that_are_not_in_labels_are_taken_by_their_words(
    send: Send, small_codebook: Codebook
) -> None:
    path = send({1: {"done": "yes"}})
    assert sheet.read(path, small_codebook, {}).warnings == []
    path = send({1: {"text": "It rains ? today", "done": "yes"}})
    [warning] = sheet.read(path, small_codebook, {}).warnings
    assert "is not in labels/texts, and its text here was changed" in str(warning)


def test_the_same_passage_twice_must_be_answered_alike(
    send: Send, small_codebook: Codebook
) -> None:
    same = {"passage": f"p-{passage_id(TEXTS[0])}", "text": TEXTS[0], "done": "yes"}
    path = send({1: {"done": "yes"}, 2: same})
    assert len(sheet.read(path, small_codebook, known()).lines["anna"]) == 1
    path = send({1: {"done": "yes"}, 2: same | {"rain": "present"}})
    with pytest.raises(
        InputError, match=r"the answers about this passage differ from those in .*row 2"
    ):
        sheet.read(path, small_codebook, known())


def test_what_a_column_lacks_is_said(send: Send, small_codebook: Codebook) -> None:
    path = send({0: {"rain": "rian"}, 1: {"done": "yes"}})
    with pytest.raises(InputError, match=r"row 1: no column 'rain'; did you mean 'rian'\?"):
        sheet.read(path, small_codebook, known())
    path = send({0: {"sheet": "whose"}})
    with pytest.raises(InputError, match="headings"):
        sheet.read(path, small_codebook, known())
    path = send({0: {"number": "my column"}, 1: {"done": "yes"}})
    [warning] = sheet.read(path, small_codebook, known()).warnings
    assert str(warning) == f"{place(path)}cell A1: warning: unknown column 'my column' is ignored"


def test_a_row_says_whose_it_is(send: Send, small_codebook: Codebook) -> None:
    path = send({1: {"sheet": "anna", "done": "yes"}})
    with pytest.raises(InputError, match=r"cell N2: 'anna' is not a stamp such as"):
        sheet.read(path, small_codebook, known())
    old = "coder anna, codebook 9.9, queue 3f2a91b7c0de"
    path = send({1: {"sheet": old, "done": "yes"}})
    with pytest.raises(InputError, match=r"cell N2: coded by codebook version '9.9'"):
        sheet.read(path, small_codebook, known())


def test_a_sheet_without_a_finished_row_says_how_to_finish_one(
    send: Send, small_codebook: Codebook
) -> None:
    with pytest.raises(InputError, match="no row is marked as done"):
        sheet.read(send({}), small_codebook, known())


ENCODINGS = [
    ("utf-8", ",", ""), ("utf-8-sig", ";", ""), ("utf-16", "\t", ""), ("utf-16-le", ";", ""),
    ("cp1251", ";", "sep=;\r\n"), ("utf-8", "|", ""),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "delimiter", "first"), ENCODINGS)
def test_a_csv_is_read_however_excel_saved_it(
    tmp_path: Path, small_codebook: Codebook, encoding: str, delimiter: str, first: str
) -> None:
    path = tmp_path / "anna.csv"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    note = "ветер; «да»\r\nи дождь"
    fill_csv(path, {2: {"rain": "present", "done": "ИСТИНА", "note": note},
                    3: {"done": "1", "evidence rain": "Дождь идет"}},
             encoding, delimiter, first)  # fmt: skip
    returned = sheet.read(path, small_codebook, known())
    found = lines_of(returned)
    assert clean(found[passage_id(TEXTS[1])].note) == "ветер; «да» и дождь"
    assert found[passage_id(TEXTS[2])].evidence == {"rain": "Дождь идёт"}
    warnings = [str(w) for w in returned.warnings]
    assert warnings == ([f"{path}: warning: not UTF-8; read as cp1251"] * (encoding == "cp1251"))


def test_western_letters_are_not_taken_for_cyrillic(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "anna.csv"
    sheet.write(queue_of(small_codebook, ["It rains in the town."]), path, small_codebook)
    fill_csv(path, {1: {"done": "yes", "note": "déjà vu à Genève"}}, "cp1252")
    [line] = sheet.read(path, small_codebook, {}).lines["anna"]
    assert line.note == "déjà vu à Genève"


def test_no_cell_of_a_csv_begins_like_a_formula(tmp_path: Path, small_codebook: Codebook) -> None:
    path = tmp_path / "anna.csv"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[2][rows[0].index("text")] == "'" + TEXTS[1]
    assert not [cell for row in rows for cell in row if cell[:1] in list("=+-@")]


def test_a_workbook_holds_text_lists_and_rules(tmp_path: Path, small_codebook: Codebook) -> None:
    path = tmp_path / "anna.xlsx"
    texts = [*TEXTS, "A bell \x07 and half a sign \ud83d rang over the town."]
    sheet.write(queue_of(small_codebook, texts), path, small_codebook)
    book = load_workbook(path)
    coding = book["coding"]
    assert {cell.data_type for row in coding.iter_rows(min_row=2) for cell in row} == {"s", "n"}
    assert [coding.cell(i, 4).value for i in (2, 3, 4)] == TEXTS
    assert coding["D3"].quotePrefix
    lists = {str(v.sqref): v.formula1 for v in coding.data_validations.dataValidation}
    assert lists == {
        "E2:E5": '"present,borderline,absent,cannot_say"',
        "F2:F5": '"present,borderline,absent,cannot_say"',
        "G2:G5": '"against,neutral,favour,absent,cannot_say"',
        "I2:I5": '"yes"',
    }
    assert "water falls from the sky" in str(coding["E1"].comment and coding["E1"].comment.text)
    assert coding.freeze_panes == "E2"
    assert coding.column_dimensions["H"].number_format == "@"
    rules = [str(cell.value) for row in book["rules"].iter_rows() for cell in row]
    assert any("somebody takes a bath" in text for text in rules)


def test_rows_of_two_coders_in_one_workbook_go_to_both(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "both.xlsx"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    fill_xlsx(path, {1: {"done": "yes"}, 2: {"done": "yes"}})
    book = load_workbook(path)
    copy = book.copy_worksheet(book["coding"])
    copy["N2"].value = str(copy["N2"].value).replace("anna", "boris")
    copy["I3"].value = None
    book.save(path)
    returned = sheet.read(path, small_codebook, known())
    assert {coder: len(lines) for coder, lines in returned.lines.items()} == {"anna": 2, "boris": 1}


def test_a_note_that_became_a_formula_is_its_words(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "anna.xlsx"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    fill_xlsx(path, {1: {"note": "=-unclear", "done": True}, 2: {"note": "#NAME?", "done": 1.0}})
    returned = sheet.read(path, small_codebook, known())
    found = lines_of(returned)
    assert found[passage_id(TEXTS[0])].note == "-unclear"
    assert found[passage_id(TEXTS[1])].note is None
    assert "the spreadsheet replaced the note by this" in str(returned.warnings[0])


def damaged(path: Path, kind: str) -> Path:
    path = path.with_suffix(".xlsx")
    if kind == "ole":
        path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 100)
    elif kind == "cut":
        Workbook().save(path)
        path.write_bytes(path.read_bytes()[:400])
    elif kind == "foreign":
        Workbook().save(path)
    else:
        names = {"ods": "content.xml", "zip": "photo.jpg", "broken": "xl/workbook.xml"}
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(names[kind], "<a>")
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ole", "an old .xls, or a workbook with a password"),
        ("cut", "truncated or damaged"),
        ("ods", "an OpenDocument sheet; save it as .xlsx or CSV"),
        ("zip", "not an Excel workbook"),
        ("broken", "cannot be read as a workbook"),
        ("foreign", r"none of its sheets \('Sheet'\) has the headings"),
    ],
)
def test_other_files_are_refused_with_the_reason(
    tmp_path: Path, small_codebook: Codebook, kind: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sheet.read(damaged(tmp_path / "file", kind), small_codebook, {})


def test_a_text_that_no_cell_holds_is_left_out(tmp_path: Path, small_codebook: Codebook) -> None:
    long = "rain " * 7000
    queue = queue_of(small_codebook, [TEXTS[0], clean(long)])
    path = tmp_path / "anna.xlsx"
    assert [item.text for item in sheet.write(queue, path, small_codebook)] == [clean(long)]
    assert load_workbook(path)["coding"].max_row == 2
    with pytest.raises(InputError, match=r"a sheet must end in \.xlsx or \.csv"):
        sheet.write(queue, tmp_path / "anna.ods", small_codebook)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40), note=st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_goes_out_and_comes_back_as_csv(
    tmp_path_factory: pytest.TempPathFactory, small_codebook: Codebook, text: str, note: str
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "anna.csv"
    key = passage_id(text)
    queue = Queue("anna", (Item(key, clean(text), "", "", "en"),), "0" * 12)
    sheet.write(queue, path, small_codebook)
    note = note.replace("\0", "").strip()
    fill_csv(path, {1: {"done": "yes", "note": note}})
    [line] = sheet.read(path, small_codebook, {key: text}).lines["anna"]
    assert line.passage_id == key


def with_a_row_far_below(path: Path, number: int) -> None:
    """The sheet's first row once more, as number ``number``; those between are left out."""
    sheet_xml = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    cell = f'<row r="{number}"><c r="A{number}"><v>1</v></c></row></sheetData>'
    parts[sheet_xml] = parts[sheet_xml].replace(b"</sheetData>", cell.encode())
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_rows_that_a_workbook_leaves_out_cost_next_to_nothing(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "anna.xlsx"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    fill_xlsx(path, {1: {"done": "yes"}})
    with_a_row_far_below(path, 1_048_576)  # the last that the format knows
    begun = time.process_time()
    lines = sheet.read(path, small_codebook, known()).lines
    assert [len(found) for found in lines.values()] == [1]
    assert time.process_time() - begun < 10


def test_a_workbook_of_more_rows_than_the_format_knows_is_refused(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = tmp_path / "anna.xlsx"
    sheet.write(queue_of(small_codebook, TEXTS), path, small_codebook)
    with_a_row_far_below(path, 10**15)
    with pytest.raises(InputError, match="sheet 'coding' has more than 1048576 rows"):
        sheet.read(path, small_codebook, known())
