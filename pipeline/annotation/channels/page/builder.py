"""Queue and codebook → the annotation page, a self-contained HTML document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.annotation.adjudication import SETTLES
from pipeline.annotation.channels.page import keys, practice
from pipeline.annotation.channels.page.queue import Queue
from pipeline.codebook import Codebook, Question, Ruling
from pipeline.io import html_page
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH

_ENDS = '.!?…»”")]'
_TEMPLATES = Path(__file__).parent / "templates"
# Parts of the script in this order; they are joined into one function.
_SCRIPTS = (
    "theme.js", "state.js", "passage.js", "evidence.js", "rules.js", "list.js", "saving.js",
    "practice.js", "keyboard.js", "start.js",
)  # fmt: skip
# The page shows the instructions up to this comment.
PAGE_END = "<!-- end of what the page shows -->"
# Answers that a key cycles through; neutral comes first, as the most frequent stance.
FRAME_CYCLE = ("absent", "present", "borderline")
STANCE_CYCLE = ("absent", "neutral", "favour", "against")
ANSWER_WORDS = {"absent": "–", "cannot_say": "can’t say"}


@dataclass(frozen=True)
class PageQuestion:
    """A question on the page; ``answers`` starts with absent, the most frequent one."""

    place: int
    question: Question
    name: str
    key: str
    answers: tuple[str, ...]
    rulings: tuple[Ruling, ...]


def render(
    queue: Queue,
    codebook: Codebook,
    instructions: str = "",
    frequency: Mapping[str, int] | None = None,
) -> str:
    """Render the document. All texts are autoescaped or embedded as JSON.

    ``instructions`` are Markdown; HTML in them is escaped and links become plain text. With
    ``frequency`` (question → number of positive answers so far) the most frequent targets come
    first; keys follow the codebook's order.
    """
    environment = html_page.environment(_TEMPLATES)
    style = _asset("page.css")
    body = "\n".join(_asset(name) for name in _SCRIPTS)
    script = f'(() => {{\n"use strict";\n{body}}})();\n'
    questions = _questions(codebook)
    languages = {item.language for item in queue.items}
    exercises = [] if queue.settles else practice.choose(codebook, languages)
    return environment.get_template("page.html.j2").render(
        codebook=codebook,
        coder=queue.coder,
        total=len(queue.items),
        settles=queue.settles,
        instructions=Markup(_rendered(instructions)),
        frames=[asked for asked in questions if not asked.question.is_stance],
        targets=sorted(
            (asked for asked in questions if asked.question.is_stance),
            key=lambda asked: -(frequency or {}).get(asked.question.name, 0),
        ),
        exercises=len(exercises),
        words=ANSWER_WORDS,
        policy=html_page.policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(html_page.data(_data(queue, codebook, questions, exercises))),
    )


def _rendered(markdown: str) -> str:
    """Markdown up to :data:`PAGE_END` as HTML, with headings two levels lower."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(markdown.partition(PAGE_END)[0])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        if token.children:
            token.children = [x for x in token.children if not x.type.startswith("link_")]
    return str(reader.renderer.render(tokens, reader.options, {}))


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _questions(codebook: Codebook) -> list[PageQuestion]:
    assigned = keys.assign(codebook)
    return [
        PageQuestion(
            place=place,
            question=question,
            name=question.rule.display_name,
            key=assigned[question.name],
            answers=("absent", *(a for a in question.answers if a != "absent")),
            rulings=tuple(r for r in codebook.rulings if question.rule.code in r.applies_to),
        )
        for place, question in enumerate(codebook.questions)
    ]


def _marked_where_cut(context: str, longest: int) -> str:
    """The context with … if it was truncated."""
    cut = len(context) >= longest - 1 and context[-1] not in _ENDS
    return f"{context}…" if cut else context


def _data(
    queue: Queue,
    codebook: Codebook,
    questions: list[PageQuestion],
    exercises: list[practice.Exercise],
) -> dict[str, Any]:
    """The data of the script. Contexts are stored once, since passages of a post share them."""
    contexts: dict[str, int] = {"": 0}
    place = {asked.question.name: asked.place for asked in questions}
    passages: list[list[Any]] = []
    for item in queue.items:
        opening, before = (
            contexts.setdefault(text, len(contexts))
            for text in (
                _marked_where_cut(item.opening, OPENING_LENGTH),
                _marked_where_cut(item.before, BEFORE_LENGTH),
            )
        )
        asked = 0 if item.asked is None else [place[name] for name in item.asked]
        passage = [item.passage_id, item.text, opening, before, item.language, asked]
        if item.said:
            passage.append(
                [[place[x.question], x.coder, x.answer, x.evidence or "", x.note or ""]
                 for x in item.said]
            )  # fmt: skip
        passages.append(passage)
    return {
        "coder": queue.coder,
        "queue": queue.digest,
        "source": f"{SETTLES} page" if queue.settles else "page",
        "version": codebook.version,
        "settles": queue.settles,
        "words": ANSWER_WORDS,
        "questions": [
            {"name": a.question.name, "label": a.name, "key": a.key, "answers": a.answers,
             "cycle": STANCE_CYCLE if a.question.is_stance else FRAME_CYCLE,
             "stance": a.question.is_stance}
            for a in questions
        ],
        "contexts": list(contexts),
        "passages": passages,
        "practice": [
            {"question": e.question, "language": e.example.language, "answer": e.example.answer,
             "text": e.example.text, "why": e.example.why}
            for e in exercises
        ],
    }  # fmt: skip
