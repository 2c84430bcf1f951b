"""What a scoring run was asked for and how far it came: one JSON line an event, only ever added to.

    {"begun": …}   inputs, model, codebook and settings, each as a hash or a value
    {"plan": …}    what reading and segmenting found, and how many shards that makes
    {"shard": …}   a finished shard: its rows and the hash of its file

A line that a crash cut short is taken off by the next run; what it stood for is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.scoring.shards import ShardResult

FORMAT = 1


@dataclass(frozen=True)
class Identity:
    """Everything that the bytes of the result depend on. Runs with the same one are one run.

    Attributes:
        inputs: path as given and hash of each file, in the order in which they are read.
        settings: option → value, of those that change what is kept and how it is scored.
    """

    inputs: list[tuple[str, str]]
    model: str
    codebook: str
    engine: str
    settings: dict[str, Any]
    format: int = FORMAT

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Identity:
        return cls(**(dict(raw) | {"inputs": [(name, digest) for name, digest in raw["inputs"]]}))

    def changes_to(self, other: Identity) -> list[str]:
        """What differs, in words; empty when the two are the same."""
        changes = []
        if self.format != other.format:
            changes.append(f"the format of the ledger ({self.format}, now {other.format})")
        if self.model != other.model:
            changes.append(f"the model ({self.model}, now {other.model})")
        if self.codebook != other.codebook:
            changes.append(f"the codebook ({self.codebook}, now {other.codebook})")
        if self.engine != other.engine:
            changes.append(f"the engine ({self.engine}, now {other.engine})")
        for key in sorted(self.settings.keys() | other.settings.keys()):
            before, now = self.settings.get(key), other.settings.get(key)
            if before != now:
                changes.append(f"the setting {key} ({before}, now {now})")
        return changes + _input_changes(self.inputs, other.inputs)


def _input_changes(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> list[str]:
    gone = [name for name, digest in before if (name, digest) not in now]
    new = [name for name, digest in now if (name, digest) not in before]
    changed = [name for name in new if name in gone]
    if not gone and not new and list(before) != list(now):
        return ["the order of the input files"]
    return (
        [f"the content of {name}" for name in changed]
        + [f"the input ({name} is missing)" for name in gone if name not in changed]
        + [f"the input ({name} is new)" for name in new if name not in changed]
    )


@dataclass(frozen=True)
class Plan:
    """What reading and segmenting found.

    Attributes:
        posts: distinct posts, the latest edit of each.
        paragraphs: kept, and to be scored.
        dropped: reason → how many pieces of text.
        languages: language → paragraphs.
        bits: a shard is what shares this many leading bits of ``passage_id``.
        dropped_sha256: hash of the file of dropped pieces.
    """

    posts: int
    paragraphs: int
    dropped: dict[str, int]
    languages: dict[str, int]
    bits: int
    dropped_sha256: str

    @property
    def shards(self) -> range:
        return range(2**self.bits)


@dataclass
class Ledger:
    """An open ledger; ``shards`` is keyed by the shard's name."""

    path: Path
    identity: Identity
    about: dict[str, Any]
    plan: Plan | None = None
    shards: dict[str, ShardResult] = field(default_factory=dict)

    def record_plan(self, plan: Plan) -> None:
        self._append({"plan": asdict(plan)})
        self.plan = plan

    def record_shard(self, result: ShardResult) -> None:
        self._append({"shard": asdict(result)})
        self.shards[result.name] = result

    def _append(self, event: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(_line(event))
            file.flush()
            os.fsync(file.fileno())


def first_line(identity: Identity, about: Mapping[str, Any]) -> bytes:
    """The content of a new ledger; ``about`` is kept beside but never compared."""
    return _line({"begun": asdict(identity), "about": dict(about)})


def read(path: Path) -> Ledger:
    """The ledger as it stands, without a last line that was cut short.

    Raises:
        InputError: another line than the last cannot be read, or the file is no ledger.
    """
    events = []
    lines = path.read_bytes().split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            raise InputError(
                f"{path}:{number}: damaged; give another -o, or --restart to begin anew"
            ) from error
    try:
        ledger = Ledger(path, Identity.from_json(events[0]["begun"]), events[0]["about"])
        for event in events[1:]:
            if "plan" in event:
                ledger.plan = Plan(**event["plan"])
            else:
                ledger.shards[event["shard"]["name"]] = ShardResult(**event["shard"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: not a ledger of this version; give another -o, or --restart to begin anew"
        ) from error
    return ledger


def mend(path: Path) -> None:
    """Take off a last line without its end; only the run that holds the lock may do so."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, sort_keys=True).encode() + b"\n"
