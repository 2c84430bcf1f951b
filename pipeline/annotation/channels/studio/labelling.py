"""Codebook → the labelling interface of a Label Studio project (XML), and its instructions."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from pipeline.annotation.lines import ABSENT
from pipeline.codebook import STANCE_PREFIX, Codebook, Question

# Capitalised, so that they cannot collide with the codes of questions.
_SHOWN = {"cannot_say": "can’t say"}
TEXT, CONTEXT, EVIDENCE, NOTHING, NOTE = "Text", "Context", "Evidence", "Nothing", "Note"
# The passage stays visible while the questions scroll; each question is one line.
_STYLE = """
.passage {position: sticky; top: 0; z-index: 2; max-height: 45vh; overflow-y: auto;
  background: var(--color-neutral-background, #fff); border-bottom: 1px solid #8886;
  padding-bottom: .5rem}
.context {opacity: .75; font-size: .9em}
.questions {display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr));
  gap: 0 1rem}
.question {display: flex; align-items: baseline; gap: .5rem; min-height: 1.9rem}
.question h4 {flex: 0 0 7.5rem; margin: 0 !important; font-size: .85rem; line-height: 1.1}
.question .lsf-choices {display: flex; flex-wrap: wrap; gap: 0; margin: 0; padding: 0}
.question .lsf-choice, .question .lsf-choice__item {margin: 0 !important; padding: 0 !important}
.question .ant-checkbox-wrapper {font-size: .8rem; white-space: nowrap}
.question .ant-checkbox-wrapper > span + span {padding: 0 .3rem}
.rules h4 {font-weight: normal; font-size: .9rem; margin: .25rem 0 !important}
"""


def control(question: Question) -> str:
    """The name of a question's control tag."""
    return question.name.replace(STANCE_PREFIX, "stance_")


def page(codebook: Codebook) -> str:
    """The labelling interface. Absent is not offered: unanswered questions count as absent.

    ``$`` in texts of the codebook is replaced, since Label Studio would read it as a task field.
    """
    top = Element("View")
    SubElement(top, "Style").text = _STYLE
    _passage(SubElement(top, "View", className="passage"), codebook)
    columns = SubElement(top, "View", className="questions")
    for title, stance in (("Frames", False), ("Stance toward", True)):
        questions = [q for q in codebook.questions if q.is_stance == stance]
        if questions:
            column = SubElement(columns, "View")
            SubElement(column, "Header", size="5", value=title)
            for question in questions:
                _question(column, question)
    _choices(top, NOTHING, {"nothing": "None of these is in the passage"})
    SubElement(top, "TextArea", name=NOTE, toName=TEXT, rows="2", maxSubmissions="1",
               placeholder="Note (optional)")  # fmt: skip
    _rules(SubElement(top, "View", className="rules"), codebook)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode")


def _passage(parent: Element, codebook: Codebook) -> None:
    SubElement(parent, "Header", size="6", value="$asks")
    context = SubElement(parent, "View", className="context")
    SubElement(context, "Text", name=CONTEXT, value="$context", valueType="text",
               selectionEnabled="false")  # fmt: skip
    SubElement(parent, "Header", size="5", value="Code this")
    SubElement(parent, "Text", name=TEXT, value="$text", valueType="text", granularity="word")
    labels = SubElement(parent, "Labels", name=EVIDENCE, toName=TEXT, choice="single",
                        title="Words that support an answer (optional)")  # fmt: skip
    for question in codebook.questions:
        SubElement(labels, "Label", value=_title(question), alias=question.name)


def _title(question: Question) -> str:
    return _plain(question.rule.display_name)


def _question(parent: Element, question: Question) -> None:
    row = SubElement(parent, "View", className="question")
    SubElement(row, "Header", size="6", value=_title(question))
    answers = [answer for answer in question.answers if answer != ABSENT]
    _choices(row, control(question), {answer: _SHOWN.get(answer, answer) for answer in answers})


def _choices(parent: Element, name: str, answers: dict[str, str]) -> None:
    """Add choices (answer → displayed text); a second click removes the answer."""
    choices = SubElement(parent, "Choices", name=name, toName=TEXT, choice="single",
                         showInline="true")  # fmt: skip
    for answer, words in answers.items():
        SubElement(choices, "Choice", value=words, alias=answer)


def _rules(parent: Element, codebook: Codebook) -> None:
    SubElement(parent, "Header", size="5", value="Rules")
    folded = SubElement(parent, "Collapse", accordion="true")
    for question in codebook.questions:
        panel = SubElement(folded, "Panel", value=_title(question))
        for line in _rule(question, codebook):
            SubElement(panel, "Header", size="6", value=_plain(line))


def _rule(question: Question, codebook: Codebook) -> Iterator[str]:
    rule = question.rule
    yield rule.definition
    for title, cases in (("When", rule.present_when), ("Not when", rule.not_when)):
        yield from (f"{title}: {case}" for case in cases)
    for ruling in codebook.rulings:
        if rule.code in ruling.applies_to:
            yield f"Ruling {ruling.code}: {ruling.text}"


def _plain(text: str) -> str:
    return " ".join(text.replace("$", "＄").split())


def instruction(codebook: Codebook) -> str:
    """The instructions for coders, as HTML."""
    lines = [
        codebook.unit,
        "Choose an answer for each frame or target in the passage; all others count as absent. If "
        "there are none, mark that, since an empty annotation is ignored.",
        "A second click removes an answer. Skip passages that you do not want to judge.",
    ]
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
