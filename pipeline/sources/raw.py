"""A file's bytes or text, unpacked from gzip where it is packed."""

from __future__ import annotations

import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from pipeline.errors import InputError

HEAD_BYTES = 1 << 16
# A book of some thousand pages; what a reader makes of a line takes several times its length.
MAX_LINE_CHARACTERS = 1 << 24
_GZIP = b"\x1f\x8b"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Raw:
    """One file of a user's. Everything that goes wrong while reading it is an InputError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._guarded(), path.open("rb") as file:
            self.packed = file.read(2) == _GZIP
        with self.binary() as unpacked:
            self.head = unpacked.read(HEAD_BYTES)
            # A gzip reader may answer with less than was asked for.
            while len(self.head) < HEAD_BYTES and (more := unpacked.read(HEAD_BYTES)):
                self.head += more
        self.encoding = next((name for bom, name in _BOMS if self.head.startswith(bom)), "utf-8")

    @contextmanager
    def binary(self) -> Iterator[BinaryIO]:
        """The unpacked bytes."""
        with self._guarded(), self.path.open("rb") as file:
            if not self.packed:
                yield file
            else:
                with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                    yield cast(BinaryIO, unpacked)

    @contextmanager
    def text(self, newline: str | None = None) -> Iterator[TextIO]:
        """The decoded text; a damaged byte becomes U+FFFD rather than the end of a long file."""
        with self.binary() as file:
            yield io.TextIOWrapper(file, encoding=self.encoding, errors="replace", newline=newline)

    def lines(self, newline: str | None = None) -> Iterator[str]:
        """The lines of the text; raises InputError for one too long before all of it is read."""
        with self.text(newline) as file:
            for number in itertools.count(1):
                line = file.readline(MAX_LINE_CHARACTERS + 1)
                if len(line) > MAX_LINE_CHARACTERS:
                    raise InputError(
                        f"{self.path}:{number}: a line of more than {MAX_LINE_CHARACTERS:,} "
                        "characters, longer than any post; were the line breaks lost?"
                    )
                if not line:
                    return
                yield line

    @contextmanager
    def utf8(self) -> Iterator[BinaryIO]:
        """The unpacked bytes as UTF-8 without a byte-order mark, for parsers that want that."""
        with self.binary() as file:
            if self.encoding == "utf-16":
                text = io.TextIOWrapper(file, encoding="utf-16", errors="replace")
                yield cast(BinaryIO, _Encoded(text))
            else:
                if self.encoding == "utf-8-sig":
                    file.read(3)
                yield file

    def head_text(self) -> str:
        """The beginning as text; raises InputError when it is not UTF-8 (or marked UTF-16)."""
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        try:
            return self.head.decode(encoding)
        except UnicodeDecodeError as error:
            # The last character of the head may be cut.
            if error.start >= len(self.head) - 4 and len(self.head) == HEAD_BYTES:
                return self.head.decode(encoding, errors="ignore")
            raise InputError(
                f"{self.path}: not UTF-8 text (byte {error.start + 1}); save it as UTF-8"
            ) from error

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"{self.path}: the gzip file is cut off or damaged: {error}"
            ) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"{self.path}: cannot be read: {reason}") from error


class _Encoded:
    """Bytes in UTF-8 from a text stream; only what a parser needs of a file."""

    def __init__(self, text: TextIO) -> None:
        self.text = text

    def read(self, size: int = -1) -> bytes:
        return self.text.read(size).encode("utf-8", "replace")
