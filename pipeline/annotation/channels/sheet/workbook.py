"""The sheet as an Excel workbook, with drop-down answers, rules as comments and a rules sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.annotation.channels.sheet import columns
from pipeline.annotation.channels.sheet.cells import plain
from pipeline.codebook import Codebook, Rule
from pipeline.io import files
from pipeline.io.formulas import is_formula

CODING, RULES = "coding", "rules"
HOW = (
    "One row per passage: opening and before are context; code only the text.",
    "Choose an answer from the list in the cell; an empty cell means absent.",
    "Then set done to yes: only these rows are imported, even if all answers are absent.",
    "Evidence columns (the + above them) are optional: paste the words that support the answer.",
    "You can sort, filter and hide rows; do not change the columns passage and sheet.",
)
_WIDTHS = {"number": 7, "opening": 24, "before": 24, "text": 62, "note": 24, "done": 7}
_ANSWER_WIDTH, _EVIDENCE_WIDTH, _KEY_WIDTH = 14, 24, 20
_HEADING, _SHADE, _DONE, _ANSWERED = "1F3A5F", "F1F3F6", "E4F0E4", "FFF1C9"


def write(
    rows: Sequence[dict[str, str | int]], path: Path, names: Sequence[str], codebook: Codebook
) -> None:
    """Write the workbook. Texts are never formulas, and typed answers are validated."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator = book.properties.title = f"rhetoric, codebook {codebook.version}"
    coding, rules = book.create_sheet(CODING), book.create_sheet(RULES)
    _lay_out(coding, names, codebook, len(rows))
    coding.append(_heading(coding, names, codebook))
    for values in rows:
        coding.append(_row(coding, values, names))
    rules.column_dimensions["A"].width, rules.column_dimensions["B"].width = 26, 110
    for cells in _rules(codebook):
        rules.append([_text(rules, cell) for cell in cells])
    with files.replacing(path) as temporary:
        book.save(temporary)


def _lay_out(sheet: Any, names: Sequence[str], codebook: Codebook, rows: int) -> None:
    """Set widths, lists and colours. Columns are text, so that input is not converted."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letters = {name: get_column_letter(i) for i, name in enumerate(names, start=1)}
    last = rows + 1
    sheet.freeze_panes = f"{letters[names[len(columns.CONTEXT)]]}2"
    sheet.auto_filter.ref = f"A1:{letters[names[-1]]}{last}"
    sheet.sheet_view.zoomScale = 90
    for name, letter in letters.items():
        column = sheet.column_dimensions[letter]
        column.number_format = "General" if name == columns.NUMBER else "@"
        column.width = _width(name, codebook)
        if name.startswith(columns.EVIDENCE):
            column.outlineLevel, column.hidden = 1, True
    allowed = {question.name: _listed(question.answers) for question in codebook.questions}
    for name, words in {**allowed, columns.DONE: '"yes"'}.items():
        check = DataValidation(
            type="list", formula1=words, allow_blank=True, showErrorMessage=True,
            errorTitle=name, error=f"Choose from the list: {words[1:-1].replace(',', ', ')}",
        )  # fmt: skip
        check.add(f"{letters[name]}2:{letters[name]}{max(2, last)}")
        sheet.data_validations.append(check)
    answers = [letters[question.name] for question in codebook.questions]
    _colour(sheet, f"{answers[0]}2:{answers[-1]}{last}", f"A2:{letters[columns.DONE]}{last}",
            f"${letters[columns.DONE]}2", f"{answers[0]}2")  # fmt: skip


def _listed(answers: Sequence[str]) -> str:
    return '"' + ",".join(answers) + '"'


def _width(name: str, codebook: Codebook) -> int:
    if name in _WIDTHS:
        return _WIDTHS[name]
    if name.startswith(columns.EVIDENCE):
        return _EVIDENCE_WIDTH
    return _KEY_WIDTH if name in (columns.PASSAGE, columns.STAMP) else _ANSWER_WIDTH


def _colour(sheet: Any, answers: str, whole: str, done: str, first_answer: str) -> None:
    """Highlight given answers and finished rows."""
    from openpyxl.formatting.rule import Rule as Colouring
    from openpyxl.styles import PatternFill
    from openpyxl.styles.differential import DifferentialStyle

    def fill(colour: str) -> PatternFill:
        return PatternFill("solid", start_color=colour, end_color=colour)

    positive = f'{first_answer}<>"{columns.NOT_ASKED}",{first_answer}<>"absent"'
    given = f"AND(LEN({first_answer})>0,{positive})"
    for cells, when, colour in ((answers, given, _ANSWERED), (whole, f"LEN({done})>0", _DONE)):
        style = DifferentialStyle(fill=fill(colour))
        rule = Colouring(type="expression", dxf=style, formula=[when])
        sheet.conditional_formatting.add(cells, rule)


def _heading(sheet: Any, names: Sequence[str], codebook: Codebook) -> list[Any]:
    """The heading cells; a question's rule is the comment at its heading."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    rules = {question.name: question.rule for question in codebook.questions}
    row = []
    for name in names:
        cell = _text(sheet, name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color=_HEADING, end_color=_HEADING)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if name in rules:
            cell.comment = Comment(_note(rules[name]), "codebook", height=320, width=420)
        row.append(cell)
    return row


def _note(rule: Rule) -> str:
    parts = [f"{rule.display_name}: {rule.definition}"]
    for title, cases in (("Present when", rule.present_when), ("Not when", rule.not_when)):
        parts += [f"{title}:", *(f"– {case}" for case in cases)]
    return "\n".join(parts)


def _row(sheet: Any, values: dict[str, str | int], names: Sequence[str]) -> list[Any]:
    from openpyxl.styles import Font

    grey = Font(color="808080")
    row: list[Any] = []
    for name in names:
        value = values.get(name)
        if value is None or value == "":
            row.append(None)
        elif isinstance(value, int):
            row.append(value)
        else:
            cell = _text(sheet, value)
            if name != columns.TEXT:
                cell.font = grey
            row.append(cell)
    return row


def _text(sheet: Any, text: str) -> Any:
    """A text cell, even for ``=1+1``."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment

    cell = WriteOnlyCell(sheet, plain(text))
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = is_formula(text)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _rules(codebook: Codebook) -> Iterator[tuple[str, str]]:
    """Rows of the rules sheet: how the sheet works, then the codebook."""
    for line in HOW:
        yield "", line
    yield "", codebook.unit
    for rule in (*codebook.frames, *codebook.targets):
        yield rule.code, _note(rule)
        for example in rule.examples:
            yield "", f"{example.answer}: {example.text} ({example.why})"
        for ruling in codebook.rulings:
            if rule.code in ruling.applies_to:
                yield "", f"ruling {ruling.code}: {ruling.text}"
