"""The surest mistakes as one HTML file to read, a question after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pipeline.codebook import STANCE_PREFIX, STANCES
from pipeline.evaluation.predictions import Mistake
from pipeline.io import html_page

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class OfQuestion:
    name: str
    mistakes: Sequence[Mistake]


def render(mistakes: Sequence[Mistake], names: dict[str, str], domain: str) -> str:
    """The whole document. Everything that people wrote goes through autoescaping."""
    environment = html_page.environment(_TEMPLATES)
    environment.filters["coders"] = _coders
    questions = [
        OfQuestion(
            f"Stance: {name}" if code.startswith(STANCE_PREFIX) else name,
            [mistake for mistake in mistakes if mistake.question == code],
        )
        for code, name in names.items()
    ]
    style = (_TEMPLATES / "comparison.css").read_text(encoding="utf-8")
    return environment.get_template("mistakes.html.j2").render(
        questions=questions, domain=domain, style=Markup(style)
    )


def _coders(mistake: Mistake) -> str:
    """The shares of coders behind each answer, in words."""
    if len(mistake.coders) == 1:
        return f"{mistake.coders[0]:.0%} of the coders for it"
    told = [
        f"{stance} {share:.0%}"
        for stance, share in zip(STANCES, mistake.coders, strict=True)
        if share
    ]
    return ", ".join(told) or "no coder for any stance"
