"""Posts → passages: the paragraphs of a post, each with the context needed to understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from pipeline.tables import Dropped, Paragraphs
from pipeline.text.boilerplate import is_list_title, reason_to_drop
from pipeline.text.languages import detect_in_posts
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, clean, normalise, passage_id

# Bullets, dashes, numbers such as "2)", and emoji at the start of a cleaned line.
_MARKER = re.compile(
    r"(?:[•‣·∙●○◦■□▪▫◆◇►▻▶»✓✔✗✘★☆*–—-]|\d{1,2}[.)]|[a-zа-яё][)])\s*(?=\S)"
    "|[\u203c\u2049\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\U0001f000-\U0001faff]"
    "|[0-9#*]\u20e3",
    re.IGNORECASE,
)
_SENTENCE_ENDS = frozenset(".!?:;…»”\"')")


@dataclass
class _Piece:
    """One or more lines of a post; ``reason`` is why it is dropped, None if it is kept."""

    start: int
    end: int
    lines: list[str] = field(default_factory=list)
    reason: str | None = None
    is_item: bool = False

    def __post_init__(self) -> None:
        # Length of `text`, kept up to date: joining the lines each time would be quadratic.
        self.length = sum(map(len, self.lines)) + len(self.lines) - 1

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    def add(self, line: str, end: int) -> None:
        self.lines.append(line)
        self.length += len(line) + 1
        self.end = end

    @property
    def introduces(self) -> bool:
        return self.lines[-1].endswith(":")


def segment(
    posts: pl.DataFrame, *, min_characters: int, item_characters: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split posts into passages [tables.Paragraphs, family null] and dropped pieces
    [tables.Dropped].

    A post is split at blank lines, or at line ends if it has none. Within a block, a line that
    starts with a bullet or emoji and has at least ``item_characters`` characters starts a
    paragraph; other lines join their neighbours. Pieces shorter than ``min_characters`` are
    dropped. Positions number kept and dropped pieces of a post together. Their spans reassemble the
    post: each character other than white space is in exactly one span. A row with ``opening`` or
    ``before`` becomes one passage, unsplit.
    """
    kept = _Rows(list(Paragraphs.column_names()))
    dropped = _Rows(list(Dropped.column_names()))
    numbers: list[int] = []
    needed = posts.select("post_id", "text", "opening", "before", "source_file")
    for number, (post_id, text, opening, before, source_file) in enumerate(needed.iter_rows()):
        if opening is not None or before is not None:
            given = (_given(opening, OPENING_LENGTH), _given(before, BEFORE_LENGTH))
            _keep(kept, post_id, 0, (0, len(text)), clean(text), *given)
            numbers.append(number)
            continue
        pieces = _pieces(text, min_characters, item_characters)
        if not pieces:
            dropped.add(post_id, None, None, None, "", "empty", source_file)
        contexts = _contexts(pieces)
        for position, (piece, context) in enumerate(zip(pieces, contexts, strict=True)):
            if piece.reason is None:
                span = (piece.start, piece.end)
                _keep(kept, post_id, position, span, piece.text, *context)
                numbers.append(number)
            else:
                where = (post_id, position, piece.start, piece.end)
                dropped.add(*where, piece.text, piece.reason, source_file)
    kept.columns["language"] = list(detect_in_posts(_texts(kept), numbers))
    return kept.table(Paragraphs.create_empty().schema), dropped.table(
        Dropped.create_empty().schema
    )


class _Rows:
    """A table built row by row."""

    def __init__(self, names: list[str]) -> None:
        self.columns: dict[str, list[object]] = {name: [] for name in names}

    def add(self, *values: object) -> None:
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(value)

    def table(self, schema: pl.Schema) -> pl.DataFrame:
        return pl.DataFrame(self.columns, schema=schema)


def _texts(rows: _Rows) -> list[str]:
    return [str(text) for text in rows.columns["text"]]


def _keep(
    rows: _Rows,
    post_id: str,
    position: int,
    span: tuple[int, int],
    text: str,
    opening: str,
    before: str,
) -> None:
    key = passage_id(text, opening, before)
    rows.add(
        f"{post_id}#{position}", key, post_id, position, *span, text, opening, before, None, None
    )


def _given(context: str | None, length: int) -> str:
    """A context supplied with its passage, truncated as in :func:`passage_id`."""
    return normalise(context or "")[:length].rstrip()


def _contexts(pieces: list[_Piece]) -> Iterator[tuple[str, str]]:
    """``(opening, before)`` of each piece.

    ``before`` is the previous kept paragraph or, for list items, the line that introduces the list.
    An introduction that is also the opening is not repeated: list items then use the previous
    paragraph. ``before`` is empty where it would equal the opening.
    """
    first: _Piece | None = None
    last: _Piece | None = None
    introduction: _Piece | None = None
    previous: _Piece | None = None
    for piece in pieces:
        if piece.reason not in {None, "introduction"}:
            yield "", ""
            continue
        if previous is not introduction and not _continues_list(piece, previous):
            introduction = None
        context = last if introduction is None or introduction is first else introduction
        opening = first.text[:OPENING_LENGTH] if first is not None else ""
        has_before = context is not None and context is not first
        yield opening, context.text[:BEFORE_LENGTH] if context and has_before else ""
        if piece.reason is None:
            first, last = first or piece, piece
        if piece.introduces and not is_list_title(piece.text):
            introduction = piece
        previous = piece


def _continues_list(piece: _Piece, previous: _Piece | None) -> bool:
    """Whether a piece is another item of the list that ``previous`` belongs to."""
    return piece.is_item or (previous is not None and previous.text.endswith((";", ",")))


def _pieces(text: str, min_characters: int, item_characters: int) -> list[_Piece]:
    pieces = _cut(text, item_characters)
    for position, piece in enumerate(pieces):
        if piece.reason is not None:
            continue
        length = len(piece.text)
        if length < item_characters and piece.introduces and position + 1 < len(pieces):
            piece.reason = "introduction"
        elif length < min_characters:
            piece.reason = "too_short"
    return pieces


@dataclass(frozen=True)
class _Line:
    """A line without surrounding white space; ``text`` is cleaned and may be empty."""

    start: int
    end: int
    text: str
    reason: str | None
    is_item: bool


def _lines(text: str, item_characters: int) -> list[_Line]:
    lines: list[_Line] = []
    offset = 0
    for raw in text.splitlines(keepends=True):
        bare = raw.strip()
        start = offset + len(raw) - len(raw.lstrip()) if bare else offset
        cleaned = clean(bare) if bare else ""
        is_item = len(cleaned) >= item_characters and _MARKER.match(cleaned) is not None
        reason = reason_to_drop(cleaned) if cleaned else None
        lines.append(_Line(start, start + len(bare), cleaned, reason, is_item))
        offset += len(raw)
    return lines


def _has_blank_line(lines: list[_Line]) -> bool:
    """Whether a blank line separates two lines that are kept."""
    kept = [number for number, line in enumerate(lines) if line.text and line.reason is None]
    return bool(kept) and any(not line.text for line in lines[kept[0] : kept[-1]])


def _cut(text: str, item_characters: int) -> list[_Piece]:
    """The pieces of a text in order; their spans cover every character except white space."""
    lines = _lines(text, item_characters)
    joins = _joins_in_block if _has_blank_line(lines) else _joins_at_line_end
    pieces: list[_Piece] = []
    unseen: list[_Line] = []  # lines of only invisible characters, before the first piece
    follows = False  # whether the previous line belongs to the last piece
    for line in lines:
        if not line.text:
            if line.end > line.start and pieces:
                pieces[-1].end = line.end
            elif line.end > line.start:
                unseen.append(line)
            follows = follows and joins is _joins_at_line_end
            continue
        last = pieces[-1] if pieces and pieces[-1].reason is None else None
        if (
            line.reason is None
            and last is not None
            and (
                (follows and joins(last, line, item_characters)) or _is_broken_sentence(last, line)
            )
        ):
            last.add(line.text, line.end)
        else:
            pieces.append(_Piece(line.start, line.end, [line.text], line.reason, line.is_item))
        follows = line.reason is None
    if unseen and not pieces:
        return [_Piece(unseen[0].start, unseen[-1].end, [""], "empty")]
    if unseen:
        pieces[0].start = unseen[0].start
    return pieces


def _joins_in_block(piece: _Piece, line: _Line, item_characters: int) -> bool:
    return not line.is_item


def _joins_at_line_end(piece: _Piece, line: _Line, item_characters: int) -> bool:
    """Without blank lines each line is a paragraph, except that short lines join: a heading joins
    the text below it, any other short line the text above. An introduction starts a paragraph."""
    if line.is_item:
        return False
    if piece.length < item_characters:
        return not piece.introduces
    return len(line.text) < item_characters and not line.text.endswith(":")


def _is_broken_sentence(piece: _Piece, line: _Line) -> bool:
    """Whether a page break or hard line end splits a sentence: it starts with a capital, has no
    final punctuation, and continues in lower case."""
    return (
        line.text[0].islower()
        and not line.is_item
        and piece.lines[-1][-1] not in _SENTENCE_ENDS
        and piece.lines[0][0].isupper()
    )
