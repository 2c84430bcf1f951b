"""The fingerprint of a scoring run (input, model, codebook, settings), and differences of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

# Path as given and hash of each file, in the order in which they are read.
Inputs = list[tuple[str, str]]

FORMAT = 2


@dataclass(frozen=True)
class Identity:
    """Everything that the bytes of the result depend on; equal identities mean the same run.

    Attributes:
        settings: option → value, for options that affect which text is kept and how it is scored.
    """

    inputs: Inputs
    model: str
    codebook: str
    engine: str
    settings: dict[str, Any]
    format: int = FORMAT

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Identity:
        return cls(**(dict(raw) | {"inputs": inputs_from_json(raw["inputs"])}))

    def with_inputs(self, inputs: Inputs) -> Identity:
        return replace(self, inputs=inputs)

    def changes_to(self, other: Identity) -> list[str]:
        """The differences as phrases for a message; empty if there are none."""
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
        return changes + input_changes(self.inputs, other.inputs)


def inputs_from_json(raw: Sequence[Sequence[str]]) -> Inputs:
    return [(name, digest) for name, digest in raw]


def input_changes(before: Inputs, now: Inputs) -> list[str]:
    """The differing files as phrases; empty if files and order are the same."""
    gone = [name for name, digest in before if (name, digest) not in now]
    new = [name for name, digest in now if (name, digest) not in before]
    changed = [name for name in new if name in gone]
    if not gone and not new and before != now:
        return ["the order of the input files"]
    return (
        [f"the content of {name}" for name in changed]
        + [f"the input ({name} is missing)" for name in gone if name not in changed]
        + [f"the input ({name} is new)" for name in new if name not in changed]
    )
