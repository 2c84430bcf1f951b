"""Reads bytes or text of a file, unpacked from gzip or ZIP if needed."""

from __future__ import annotations

import gzip
import io
import itertools
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.settings import Settings

HEAD_BYTES = 1 << 16
_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Undecodable bytes after decoding with 'surrogateescape'.
_UNDECODED = re.compile("[\udc80-\udcff]+")


class Raw:
    """An input file. All failures to read it raise InputError.

    Attributes:
        path: for messages; includes the member of a ZIP.
        undecoded: number of undecodable bytes so far; they are read as U+FFFD.
    """

    def __init__(
        self, path: Path, settings: Settings | None = None, member: str | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.file, self.member = path, member
        self.path = path if member is None else path / member
        self.undecoded, self._example = 0, ""
        self._check_regular()
        with self._guarded(), self._opened() as file:
            self.packed = file.read(2) == _GZIP
        with self.binary() as unpacked:
            self.head = unpacked.read(HEAD_BYTES)
            # A gzip reader may return less than requested.
            while len(self.head) < HEAD_BYTES and (more := unpacked.read(HEAD_BYTES)):
                self.head += more
        self.encoding = self._detected_encoding()

    @contextmanager
    def binary(self) -> Iterator[BinaryIO]:
        """The unpacked bytes."""
        with self._guarded(), self._opened() as file:
            if not self.packed and self.member is None:
                yield file
                return
            source = gzip.GzipFile(fileobj=file, mode="rb") if self.packed else file
            limit = self.settings.limits.unpacked_megabytes << 20
            yield cast(BinaryIO, io.BufferedReader(_Bounded(source, limit, self.path)))

    def chunks(self, newline: str | None = "") -> Iterator[str]:
        """The text in pieces; undecodable bytes become U+FFFD."""
        with self._text(newline) as file:
            while chunk := file.read(_CHUNK):
                yield self._mended(chunk)

    def lines(self, newline: str | None = None) -> Iterator[str]:
        """The lines of the text; raises InputError for a line over the limit, without reading it
        completely."""
        longest = self.settings.limits.text_characters
        with self._text(newline) as file:
            for number in itertools.count(1):
                line = file.readline(longest + 1)
                if len(line) > longest:
                    raise InputError(
                        f"{self.path}:{number}: a line of more than {longest:,} "
                        "characters, longer than any post; were the line breaks lost? "
                        f"Else {limit_hint('text_characters')}"
                    )
                if not line:
                    return
                yield self._mended(line)

    def head_text(self) -> str:
        """The beginning of the file as text; raises InputError if it cannot be decoded."""
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        try:
            return self.head.decode(encoding)
        except UnicodeDecodeError as error:
            # The last character of the head may be incomplete.
            if error.start >= len(self.head) - 4 and len(self.head) == HEAD_BYTES:
                return self.head.decode(encoding, errors="ignore")
            named = "UTF-8" if self.encoding.startswith("utf-8") else self.encoding
            raise InputError(
                f"{self.path}: not {named} text (byte {error.start + 1}); save it as UTF-8, or set "
                "its encoding, e.g. ingest.table.encoding=cp1251"
            ) from error

    def note(self) -> str | None:
        """A message about undecodable bytes, or None."""
        if not self.undecoded:
            return None
        named = "UTF-8" if self.encoding.startswith("utf-8") else self.encoding
        return (
            f"{self.path}: {self.undecoded} bytes are not {named} and are read as \ufffd, e.g. in "
            f"{self._example!r}; if the file has another encoding, set it, e.g. "
            "ingest.table.encoding=cp1252"
        )

    @contextmanager
    def _text(self, newline: str | None) -> Iterator[io.TextIOWrapper]:
        # UTF-16 has no single bytes to escape.
        errors = "replace" if self.encoding.startswith("utf-16") else "surrogateescape"
        self.undecoded = 0  # a file may be read more than once
        with self.binary() as file:
            yield io.TextIOWrapper(file, encoding=self.encoding, errors=errors, newline=newline)

    def _mended(self, text: str) -> str:
        if text.isascii():
            return text
        found = _UNDECODED.search(text)
        if found is None:
            return text
        if not self.undecoded:
            around = text[max(found.start() - 20, 0) : found.end() + 20]
            self._example = " ".join(_UNDECODED.sub("\ufffd", around).split())

        def replaced(run: re.Match[str]) -> str:
            self.undecoded += len(run[0])
            return "\ufffd" * len(run[0])

        return _UNDECODED.sub(replaced, text)

    def _detected_encoding(self) -> str:
        marked = next((name for bom, name in _BOMS if self.head.startswith(bom)), None)
        if marked is not None:
            return marked
        if self.settings.encoding is not None:
            return self.settings.encoding
        # In UTF-16 without a byte-order mark, every other byte of a Latin text is zero.
        even, odd = self.head[0:2000:2].count(0), self.head[1:2000:2].count(0)
        half = min(len(self.head), 2000) // 2
        if half > 4 and max(even, odd) > 0.7 * half and min(even, odd) < 0.05 * half:
            return "utf-16-be" if even > odd else "utf-16-le"
        return "utf-8"

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self.file.open("rb") as file:
            if self.member is None:
                yield file
                return
            with zipfile.ZipFile(file) as archive, archive.open(self.member) as member:
                yield cast(BinaryIO, member)

    def _check_regular(self) -> None:
        with self._guarded():
            kind = self.file.stat().st_mode
        if not stat.S_ISREG(kind):
            what = "a pipe" if stat.S_ISFIFO(kind) else "a folder, a device or a socket"
            raise InputError(
                f"{self.file}: {what}, not a file; save its content to a file and give that"
            )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            kind = "gzip file" if self.member is None else "ZIP archive"
            raise InputError(f"{self.path}: the {kind} is truncated or damaged: {error}") from error
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
            raise InputError(
                f"{self.path}: the ZIP archive is damaged, encrypted or has an unsupported "
                f"compression: {error}; unpack it and give the file in it"
            ) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"{self.path}: cannot be read: {reason}") from error


class _Bounded(io.RawIOBase):
    """Unpacked bytes; raises InputError beyond a limit."""

    def __init__(self, source: BinaryIO | gzip.GzipFile, limit: int, path: Path) -> None:
        self.source, self.left, self.limit, self.path = source, limit, limit, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        piece = self.source.read(len(view))
        self.left -= len(piece)
        if self.left < 0:
            raise InputError(
                f"{self.path}: unpacks to more than {self.limit >> 20:,} MB; "
                f"{limit_hint('unpacked_megabytes')}"
            )
        view[: len(piece)] = piece
        return len(piece)
