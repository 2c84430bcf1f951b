"""The identity and progress of a scoring run: an append-only file with one JSON line per event.

    {"begun": …}    inputs, model, codebook and settings, each as a hash or a value
    {"plan": …}     counts from reading and segmenting, and the number of shards
    {"shard": …}    a finished shard: its rows and the hash of its file
    {"update": …}   the inputs of a later call; new text in them forms another round

If a crash leaves an incomplete last line, the next run removes it and repeats its work.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.scoring.fingerprint import Identity, Inputs, inputs_from_json
from pipeline.scoring.shards import ShardResult, shard_name


@dataclass(frozen=True)
class Plan:
    """The result of reading and segmenting.

    Attributes:
        posts: number of distinct posts, counting the latest edit of each.
        paragraphs: number of paragraphs to be scored.
        dropped: reason → number of pieces of text.
        languages: language → number of paragraphs.
        bits: number of leading bits of ``passage_id`` that passages of a shard share.
        dropped_sha256: hash of the file of dropped pieces.
    """

    posts: int
    paragraphs: int
    dropped: dict[str, int]
    languages: dict[str, int]
    bits: int
    dropped_sha256: str


@dataclass
class Round:
    """The new text of one call: round 0 is the first call, every ``--update`` adds one.

    Attributes:
        shards: finished shards by name.
    """

    number: int
    inputs: Inputs
    plan: Plan | None = None
    shards: dict[str, ShardResult] = field(default_factory=dict)

    def names(self) -> dict[int, str]:
        """Number → name of every shard in the plan; none for an update without new paragraphs."""
        if self.plan is None or (self.number and not self.plan.paragraphs):
            return {}
        bits = self.plan.bits
        return {number: shard_name(number, bits, self.number) for number in range(2**bits)}

    @property
    def complete(self) -> bool:
        return self.plan is not None and self.shards.keys() >= set(self.names().values())


@dataclass
class Ledger:
    """An open ledger; only the last round may be unfinished."""

    path: Path
    identity: Identity
    about: dict[str, Any]
    rounds: list[Round]

    @property
    def last(self) -> Round:
        return self.rounds[-1]

    def record_plan(self, round_: Round, plan: Plan) -> None:
        self._append({"plan": asdict(plan), "round": round_.number})
        round_.plan = plan

    def record_shard(self, round_: Round, result: ShardResult) -> None:
        self._append({"shard": asdict(result), "round": round_.number})
        round_.shards[result.name] = result

    def record_update(self, number: int, inputs: Inputs) -> None:
        """Begin a round; replaces the last round if it has the same number."""
        self._append({"update": inputs, "round": number})
        self.rounds[number:] = [Round(number, inputs)]

    def _append(self, event: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(_line(event))
            file.flush()
            os.fsync(file.fileno())


def first_line(identity: Identity, about: Mapping[str, Any]) -> bytes:
    """The first line of a new ledger; ``about`` is stored but never compared."""
    return _line({"begun": asdict(identity), "about": dict(about)})


def read(path: Path) -> Ledger:
    """Read a ledger, ignoring an incomplete last line.

    Raises:
        InputError: a complete line cannot be parsed, or the file is not a ledger.
    """
    events = []
    lines = path.read_bytes().split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            raise InputError(
                f"{path}:{number}: damaged; give another -o, or --restart to start over"
            ) from error
    try:
        identity = Identity.from_json(events[0]["begun"])
        ledger = Ledger(path, identity, events[0]["about"], [Round(0, identity.inputs)])
        for event in events[1:]:
            _replay(event, ledger.rounds)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: not a ledger of this version; give another -o, or --restart to start over"
        ) from error
    return ledger


def _replay(event: Mapping[str, Any], rounds: list[Round]) -> None:
    number = event["round"]
    if "update" in event:
        rounds[number:] = [Round(number, inputs_from_json(event["update"]))]
    elif "plan" in event:
        rounds[number].plan = Plan(**event["plan"])
    else:
        result = ShardResult(**event["shard"])
        rounds[number].shards[result.name] = result


def repair(path: Path) -> None:
    """Remove an incomplete last line; the caller must hold the lock."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, sort_keys=True).encode() + b"\n"
