"""Each kind of finding of `codebook check` is found where it is, and nowhere else."""

from __future__ import annotations

import re

import pytest

from pipeline import codebook as codebooks
from pipeline.codebook.checking import Finding, Kind, check, rendered

FRAME = """\
  - code: {code}
    name: {{en: {code} here}}
    definition: {definition}
    present_when: [{present}]
    not_when: [{absent}]
    cues: {{en: [{cues}]}}
    examples:
      - {{language: en, answer: present, text: {yes}}}
      - {{language: en, answer: absent, text: {no}}}
"""
RAIN = {
    "code": "rain", "definition": "Water falls from the sky.", "present": "it rained",
    "absent": "it is a figure of speech", "cues": "rain*", "yes": "It rained all day.",
    "no": "The bath is full.",
}  # fmt: skip
WIND = {
    "code": "wind", "definition": "Air moves fast.", "present": "it blew",
    "absent": "a fan is sold", "cues": "wind*", "yes": "A wind rose.", "no": "Nothing moved.",
}  # fmt: skip


def found(*frames: dict[str, str], rest: str = "") -> list[Finding]:
    head = 'version: "1"\ntitle: T\nunit: a paragraph\nframes:\n'
    content = head + "".join(FRAME.format(**frame) for frame in frames) + rest
    return check(codebooks.parse(content.encode(), "x.yaml"))


def test_a_codebook_without_faults_has_no_findings() -> None:
    assert found(RAIN, WIND) == []


@pytest.mark.parametrize(
    ("frames", "kind", "message", "wrong"),
    [
        ((RAIN, WIND | {"cues": "wind*, rain*"}),
         Kind.cues, "cue “rain*” counts for rain and wind", False),
        ((RAIN | {"no": "A rain of questions."},),
         Kind.examples, "cue “rain” is in an example of absent", False),
        ((RAIN | {"yes": "Drops fell."},),
         Kind.examples, "no cue is in an example of present", False),
        # 5 of the 5 + 1 distinct words are shared.
        ((RAIN, WIND | {"definition": "Warm water falls from the sky."}),
         Kind.wording, "share 83% of their words", False),
        ((RAIN, WIND | {"present": "It  rained"}),
         Kind.wording, "the same makes both present: it rained", False),
        ((RAIN | {"absent": "It rained"},),
         Kind.wording, "both in present_when and in not_when", True),
        ((RAIN | {"cues": "rain*, bath", "yes": "The bath is full."},),
         Kind.wording, "one example is present and absent", True),
    ],
)  # fmt: skip
def test_a_fault_is_found(
    frames: tuple[dict[str, str], ...], kind: Kind, message: str, wrong: bool
) -> None:
    of_kind = [finding for finding in found(*frames) if finding.kind is kind]
    assert [message in finding.message for finding in of_kind] == [True]
    assert of_kind[0].wrong is wrong


def test_a_cue_of_two_targets_is_a_contradiction() -> None:
    target = """\
  - code: {0}
    name: {{en: {0}}}
    definition: The {0}.
    present_when: [the {0} is meant]
    not_when: [another {0} is meant]
    cues: {{en: [mayor]}}
    examples: [{{language: en, answer: against, text: The mayor slept.}}]
"""
    targets = "targets:\n" + target.format("town") + target.format("council")
    (finding,) = [x for x in found(RAIN, rest=targets) if x.kind is Kind.cues]
    assert finding.wrong
    assert finding.message == "cue “mayor” only town is ever found by it"


def test_a_tone_of_both_stances_is_a_contradiction() -> None:
    rest = "tone: {against: {en: [bad, odd]}, favour: {en: [good, odd]}}\n"
    (finding,) = found(RAIN, rest=rest)
    assert (finding.where, finding.message, finding.wrong) == (
        "tone", "“odd” is both against and favour", True
    )  # fmt: skip


def test_what_is_missing_is_named_by_rule() -> None:
    bare = """\
  - code: snow
    name: {es: Nieve}
    definition: Frozen flakes.
    present_when: [it snowed]
    not_when: [a name]
"""
    messages = [(x.where, x.message) for x in found(RAIN, rest=bare) if x.kind is Kind.missing]
    assert messages == [
        ("rain", "no name in es, others have one"),
        ("snow", "no name in en, others have one"),
        ("snow", "no cues; without a model the queue cannot look for it"),
        ("snow", "no examples; coders see the rule alone"),
    ]


def test_cues_of_another_language_do_not_judge_an_example() -> None:
    content = FRAME.format(**RAIN).replace(
        "language: en, answer: present, text: It rained all day.",
        "language: es, answer: present, text: Llovió todo el día.",
    )  # fmt: skip
    head = 'version: "1"\ntitle: T\nunit: a paragraph\nframes:\n'
    assert check(codebooks.parse((head + content).encode(), "x.yaml")) == []


def test_the_report_counts_what_it_lists() -> None:
    content = ('version: "1"\ntitle: T\nunit: a paragraph\nframes:\n' + FRAME.format(
        **(RAIN | {"absent": "it rained", "yes": "Drops fell."})
    )).encode()  # fmt: skip
    book = codebooks.parse(content, "x.yaml")
    text = rendered(book, check(book), "x.yaml")
    assert text.startswith("x.yaml: T, version 1; frames: 1, stance targets: 0, rulings: 0; ")
    assert text.endswith("1 contradictions, 1 remarks")
    assert len(re.findall(r"^  rain: ", text, re.MULTILINE)) == 2
