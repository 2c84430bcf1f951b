"""Arrow files, and folders that ``datasets`` writes with ``save_to_disk``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.io import files

# An Arrow file (Feather), and an Arrow stream, which is what `datasets` writes.
MAGIC = (b"ARROW1", b"\xff\xff\xff\xff")
_FOLDS = {"validation": "dev", "valid": "dev", "val": "dev"}


def arrow_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of an Arrow file or stream; raises InputError if it is damaged."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source:
            if source.read(len(MAGIC[0])) == MAGIC[0]:
                file = pa.ipc.open_file(source)
                batches = (file.get_batch(n) for n in range(file.num_record_batches))
            else:
                source.seek(0)
                batches = iter(pa.ipc.open_stream(source))
            for batch in batches:
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not a readable Arrow file: {first[:200]}") from error


def saved_dataset(folder: Path) -> dict[str | None, list[Path]] | None:
    """Fold → Arrow files of a folder written by ``save_to_disk``; None for any other path.

    The splits of a ``DatasetDict`` are folds (``validation`` is dev); a single ``Dataset``, and a
    split with another name, come without a fold. Raises InputError if files are missing.
    """
    if (folder / "dataset_dict.json").is_file():
        listed = files.read_json(folder / "dataset_dict.json")
        splits = listed.get("splits") if isinstance(listed, dict) else None
        if not isinstance(splits, list):
            raise InputError(f"{folder}/dataset_dict.json: names no splits")
        found: dict[str | None, list[Path]] = {}
        for split in map(str, splits):
            fold = _FOLDS.get(split, split)
            known = fold if fold in ("train", "dev", "test") else None
            found.setdefault(known, []).extend(_arrow_files(folder / Path(split).name))
        return found
    if (folder / "state.json").is_file():
        return {None: _arrow_files(folder)}
    return None


def _arrow_files(folder: Path) -> list[Path]:
    """The data files that ``state.json`` lists; others in the folder are caches."""
    state = files.read_json(folder / "state.json")
    try:
        names = [Path(str(entry["filename"])).name for entry in state["_data_files"]]
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder}/state.json: lists no data files") from error
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder / missing[0]}: missing, but listed in state.json")
    return [folder / name for name in names]
