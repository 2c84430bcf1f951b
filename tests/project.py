"""A small project with the structure of this one, for tests: codebook, texts, two coders."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from pipeline.annotation.lines import Line, write
from pipeline.annotation.texts import Text
from pipeline.text.passage_id import passage_id
from tests.conftest import SMALL_CODEBOOK

_PLACES = ("harbour", "market", "station", "museum", "bridge", "orchard", "chapel", "quarry")
_RAIN = "Heavy rain fell over the {} from early morning until the {} closed for the night."
_WIND = "A strong wind blew across the {} and nobody could cross to the {} before evening."
_TOWN = "It was a bad day for the town, whose council forgot the {} and then the {} as well."
_NOTHING = "The {} opens at nine on weekdays, and guided tours of the {} start every hour."
KINDS: tuple[tuple[str, dict[str, str]], ...] = (
    (_RAIN, {"rain": "present"}),
    (_WIND, {"wind": "present"}),
    (_TOWN, {"stance:town": "against"}),
    (_NOTHING, {}),
)


def write_project(folder: Path) -> list[Text]:
    """Write ``labels/`` into ``folder``; returns the texts (224, one post each)."""
    texts, answers = [], []
    for number, ((first, second), (pattern, answer)) in enumerate(
        itertools.product(itertools.permutations(_PLACES, 2), KINDS)
    ):
        text = pattern.format(first, second)
        texts.append(
            Text(
                passage_id=passage_id(text),
                text=text,
                language="en",
                voice="diary",
                genre="note",
                post=f"post-{number:03d}",
                position=0,
            )
        )
        answers.append(answer)
    labels = folder / "labels"
    (labels / "texts").mkdir(parents=True)
    (labels / "annotations").mkdir()
    rows = "".join(text.to_json() + "\n" for text in texts)
    (labels / "texts" / "weather.jsonl").write_text(rows, encoding="utf-8")
    (labels / "codebook.yaml").write_bytes(SMALL_CODEBOOK)
    (labels / "test_passages.txt").write_text("", encoding="utf-8")
    coder = {"kind": "rule", "description": "answers by construction"}
    (labels / "coders.yaml").write_text(json.dumps({"one": coder, "two": coder}), encoding="utf-8")
    for name in ("one", "two"):
        lines = [
            Line(passage_id=text.passage_id, answers=answer, codebook_version="1")
            for text, answer in zip(texts, answers, strict=True)
        ]
        write(labels / "annotations" / f"{name}.jsonl", lines)
    return texts
