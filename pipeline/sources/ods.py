"""Streams the sheets of an OpenDocument workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Maximum columns per row; more are repeated empty cells.
_MOST_COLUMNS = 2000


def ods_sheets(path: Path, limit: int) -> Iterator[Iterator[list[Any]]]:
    """The rows of each sheet; repeated rows stop after ``limit`` cells."""
    from defusedxml.ElementTree import iterparse

    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
        events = iter(iterparse(file, events=("start", "end")))
        for event, element in events:
            if event == "start" and element.tag == f"{_TABLE}table":
                yield _rows(events, element, limit)


def _rows(events: Iterator[tuple[str, Element]], table: Element, limit: int) -> Iterator[list[Any]]:
    for event, element in events:
        if event == "end" and element is table:
            return
        if event != "end" or element.tag != f"{_TABLE}table-row":
            continue
        cells = _cells(element)
        count = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
        element.clear()
        table.clear()
        if any(cell is not None for cell in cells):
            for _ in range(min(count, limit // max(len(cells), 1) + 1)):
                yield cells


def _cells(row: Element) -> list[Any]:
    found: list[Any] = []
    for cell in row:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        count = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        found += [_value(cell)] * min(count, _MOST_COLUMNS - len(found))
    while found and found[-1] is None:
        found.pop()
    return found


def _value(cell: Element) -> Any:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind == "date":
        return _date(cell.get(f"{_OFFICE}date-value", ""))
    if kind in {"float", "percentage", "currency"}:
        return float(cell.get(f"{_OFFICE}value", "nan"))
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    paragraphs = [_plain(part) for part in cell if part.tag == f"{_TEXT}p"]
    return "\n".join(paragraphs) if paragraphs else None


def _date(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _plain(paragraph: Element) -> str:
    parts: list[str] = []
    for node in paragraph.iter():
        if node.tag == f"{_TEXT}s":
            parts.append(" " * min(int(node.get(f"{_TEXT}c", "1")), 100))
        elif node.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif node.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif node.text:
            parts.append(node.text)
        if node is not paragraph and node.tail:
            parts.append(node.tail)
    return "".join(parts)
