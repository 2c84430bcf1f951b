from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.tables import RESERVED_SCORE_COLUMNS, scores

SHIPPED = Path(__file__).parents[2] / "labels" / "codebook.yaml"

RULE = """\
  - code: {code}
    name: {{en: A name}}
    definition: What it is.
    present_when: [it is so]
    not_when: [it is not]
"""


def book(frames: str = RULE.format(code="rain"), targets: str = "", rest: str = "") -> bytes:
    head = 'version: "1"\ntitle: T\nunit: a paragraph\n'
    return (
        head + "frames:\n" + frames + (f"targets:\n{targets}" if targets else "") + rest
    ).encode()


def parse(content: bytes) -> Codebook:
    return codebooks.parse(content, "labels/codebook.yaml")


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse(content)
    message = str(caught.value)
    assert message.startswith("labels/codebook.yaml: ")
    assert "\n" not in message
    return message


def test_the_shipped_codebook_has_seventeen_questions_and_thirty_five_outputs() -> None:
    codebook = codebooks.load(SHIPPED)
    # 8 frames with one output each, 9 targets with three.
    assert len(codebook.questions) == 17
    assert len(codebook.outputs) == 8 + 9 * 3
    assert len(set(codebook.outputs)) == 35
    assert len(codebook.core_codes) == 3


def test_every_rule_of_the_shipped_codebook_has_examples_of_both_answers_in_both_languages() -> (
    None
):
    for frame in codebooks.load(SHIPPED).frames:
        seen = {(example.language, example.answer) for example in frame.examples}
        wanted = {(lang, a) for lang in ("en", "ru") for a in ("present", "absent", "borderline")}
        assert wanted <= seen, frame.code


def test_questions_follow_the_order_of_the_file_and_know_their_columns() -> None:
    codebook = parse(
        book(RULE.format(code="rain") + RULE.format(code="wind"), RULE.format(code="town"))
    )
    assert [q.name for q in codebook.questions] == ["rain", "wind", "stance:town"]
    assert codebook.outputs == (
        "rain", "wind", "stance:town=against", "stance:town=neutral", "stance:town=favour"
    )  # fmt: skip
    assert codebook.columns_of(codebook.question("stance:town")) == [2, 3, 4]
    assert codebook.question("wind").answers == ("present", "borderline", "absent", "cannot_say")


def test_an_unknown_question_is_refused_with_the_nearest_known_one() -> None:
    codebook = codebooks.load(SHIPPED)
    with pytest.raises(InputError, match="unknown frame 'sovereignity'; did you mean 'sover"):
        codebook.question("sovereignity")
    with pytest.raises(InputError, match="unknown stance target 'stance:rusia'; did you mean"):
        codebook.question("stance:rusia")


def test_the_digest_depends_on_every_byte() -> None:
    assert parse(book()).digest != parse(book() + b"\n").digest


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: cannot read the codebook"):
        codebooks.load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "content", [b"frames: [", b"\xff\xfe\x00", b"a: b: c", b"version: 2026-02-30"]
)
def test_invalid_yaml_is_refused_in_one_line(content: bytes) -> None:
    assert "not valid YAML" in refusal(content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"- a list", "expected a mapping, found list"),
        (b"", "expected a mapping, found NoneType"),
        (book(rest="framse: []\n"), "unknown key 'framse'; did you mean 'frames'?"),
        (book(frames=""), "frames missing or empty"),
        (book().replace(b'"1"', b"1.10"), "put it in quotes"),
        (book().replace(b"    definition: What it is.\n", b""), "definition missing or empty"),
        (book().replace(b"[it is so]", b"[]"), "present_when missing or empty"),
        (book().replace(b"[it is so]", b"[7]"), "present_when[0]: expected a sentence"),
        (book().replace(b"[it is so]", b"it is so"), "expected a list, found str"),
        (book(RULE.format(code="Rain")), "lower-case letter"),
        (book(RULE.format(code="rain") * 2), "code 'rain': appears twice"),
        (book(targets=RULE.format(code="rain")), "code 'rain': appears twice"),
        (book(RULE.format(code="text")), "its column 'text' is already a fixed column"),
        (
            book(RULE.format(code="rain") + RULE.format(code="rain_p")),
            "its column 'rain_p' is already a column of 'rain'",
        ),
        (
            book(RULE.format(code="stance_town"), RULE.format(code="town")),
            "its column 'stance_town' is already a column of 'stance_town'",
        ),
        (book(RULE.format(code="rain") + "    core: maybe\n"), "core: expected true or false"),
        (
            book(RULE.format(code="rain") + "    involves: {town: neutral}\n"),
            "involves: town: expected against or favour, found 'neutral'",
        ),
        (
            book(RULE.format(code="rain") + "    involves: [town]\n"),
            "involves: expected target: stance",
        ),
        (
            book(
                RULE.format(code="rain") + "    involves: {twon: against}\n",
                RULE.format(code="town"),
            ),
            "frame 'rain': involves: unknown target 'twon'; did you mean 'town'?",
        ),
        (
            book(targets=RULE.format(code="town") + "    involves: {town: against}\n"),
            "target 'town': only frames involve stances",
        ),
        (book(RULE.format(code="rain") + "    short: rai\n"), "is not two lower-case letters"),
        # YAML reads a bare no as false.
        (book(RULE.format(code="rain") + "    short: no\n"), "short False is not two"),
        (
            book("".join(RULE.format(code=c) + "    short: ab\n" for c in ("rain", "wind"))),
            "its short 'ab' is already taken by 'rain'",
        ),
        (
            book(RULE.format(code="rain")
                 + "    examples: [{language: en, answer: presnt, text: It rains.}]\n"),
            "unknown answer 'presnt'; did you mean 'present'?",
        ),
        (
            book(rest="rulings: [{code: wet, text: Wet counts., applies_to: [rian]}]\n"),
            "applies to unknown code 'rian'; did you mean 'rain'?",
        ),
        (book(rest="tone: {angry: {en: [bad]}}\n"), "unknown key 'angry'"),
    ],
)  # fmt: skip
def test_an_error_names_the_entry(content: bytes, expected: str) -> None:
    assert expected in refusal(content)


def test_the_scores_table_has_the_columns_of_the_contract_in_order() -> None:
    columns = scores(["rain"], ["town"]).column_names()
    context = ["post_id", "paragraph_id", "passage_id", "position", "channel", "published",
               "language", "forwarded_from", "url", "source_file", "text"]  # fmt: skip
    rain = ["rain", "rain_p", "evidence_rain", "evidence_rain_start", "evidence_rain_end"]
    provenance = ["language_supported", "model_version", "codebook_version"]
    assert columns == [*context, *rain, "stance_town", "stance_town_p", *provenance]
    assert set(context + provenance) == set(RESERVED_SCORE_COLUMNS)


def test_names_and_cues_may_be_in_any_language_and_the_first_name_is_shown() -> None:
    content = RULE.format(code="rain").replace("{en: A name}", "{es: Lluvia, yue: 雨, en: Rain}")
    codebook = parse(book(content + "    cues: {es: [lluvi*], uk: [дощ*]}\n"))
    (rain,) = codebook.frames
    assert rain.display_name == "Lluvia"
    assert [*rain.name] == ["es", "yue", "en"]
    assert rain.cues == {"es": ("lluvi*",), "uk": ("дощ*",)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{}", "name: missing or empty"),
        ("Rain", "name: expected a mapping such as {en: …}, found str"),
        ("{spanish: Lluvia}", "expected the code of a language such as en, es or ru, found 'spa"),
        ("{no: Regn}", "found no without quotes"),
        ('{en: ""}', "name.en: expected a name, found ''"),
    ],
)
def test_a_name_needs_the_code_of_its_language(name: str, expected: str) -> None:
    content = RULE.format(code="rain").replace("{en: A name}", name)
    assert expected in refusal(book(content))
