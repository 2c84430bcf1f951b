"""Reads rows of Parquet files in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources.limits import Limits, limit_hint

_ROWS = 2000
# Maximum unpacked size of a batch.
_BATCH_BYTES = 64 << 20
_SLICE_ROWS = 64


def parquet_names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(error)}") from error


def parquet_rows(
    path: Path, names: Sequence[str], limits: Limits | None = None
) -> Iterator[Mapping[str, Any]]:
    """Rows with only the columns ``names``, at most a few thousand in memory.

    Text columns are read as dictionaries, so that repeated texts are in memory once. Raises
    InputError for texts that exceed the limit.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    longest = (limits or Limits()).text_characters
    try:
        with pq.ParquetFile(path, read_dictionary=_text_columns(path, names)) as file:
            for batch in file.iter_batches(batch_size=_rows_per_batch(file), columns=list(names)):
                for column, name in zip(batch.columns, batch.schema.names, strict=True):
                    _check_length(column, longest, path, name)
                for start in range(0, batch.num_rows, _SLICE_ROWS):
                    piece = batch.slice(start, _SLICE_ROWS)
                    columns = [_values(column) for column in piece.columns]
                    for values in zip(*columns, strict=True):
                        yield dict(zip(batch.schema.names, values, strict=True))
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(error)}") from error


def _text_columns(path: Path, names: Sequence[str]) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    return [
        name
        for name in names
        if schema.get_all_field_indices(name)
        and any(
            is_text(schema.field(name).type)
            for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
        )
    ]


def _rows_per_batch(file: Any) -> int:
    rows = max(file.metadata.num_rows, 1)
    groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    return max(1, min(_ROWS, int(_BATCH_BYTES * rows // max(size, 1))))


def _check_length(column: Any, longest: int, path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return
    longest_here = pc.max(pc.binary_length(values)).as_py() or 0
    if longest_here > 4 * longest:
        raise InputError(
            f"{path}: column {name!r}: a text of {longest_here:,} bytes, longer than any post; "
            f"{limit_hint('text_characters')}"
        )


def _values(column: Any) -> list[Any]:
    """Python values of an Arrow column; None for times outside Python's range."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        return None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
