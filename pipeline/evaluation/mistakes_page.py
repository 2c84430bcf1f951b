"""The most confident mistakes per question, as one HTML file."""

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
class QuestionMistakes:
    name: str
    mistakes: Sequence[Mistake]


def render(mistakes: Sequence[Mistake], names: dict[str, str], domain: str) -> str:
    """The complete HTML document; all inserted text is autoescaped."""
    environment = html_page.environment(_TEMPLATES)
    environment.filters["coders"] = _coders
    questions = [
        QuestionMistakes(
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
    """The share of coders for each answer, as text."""
    if len(mistake.coders) == 1:
        return f"{mistake.coders[0]:.0%} of the coders for it"
    shares = [
        f"{stance} {share:.0%}"
        for stance, share in zip(STANCES, mistake.coders, strict=True)
        if share
    ]
    return ", ".join(shares) or "no coder for any stance"
