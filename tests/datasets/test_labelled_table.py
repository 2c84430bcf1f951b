import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.config import compose
from pipeline.datasets.table import LabeledTable, Layout, read
from pipeline.datasets.table.cells import answers_of, question_columns
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

RAIN, WIND, DRY = "Rain fell over the harbour.", "Wind blew from the hills.", "Nothing happened."


def one_table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def answers(table: LabeledTable, text: str) -> dict[str, str]:
    rows = table.answers.filter(passage_id=passage_id(text))
    return dict(rows.select("question", "answer").iter_rows())


def test_one_column_per_question_gives_its_answers(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = one_table(
        tmp_path / "t.csv",
        f"text,rain,wind,stance_town\n{RAIN},1,no,favour\n{WIND},0,Yes,\n{DRY},0.5,absent,absent\n",
    )
    table = read({None: [path]}, Layout(), small_codebook)
    assert answers(table, RAIN) == {"rain": "present", "wind": "absent", "stance:town": "favour"}
    assert answers(table, WIND) == {"rain": "absent", "wind": "present"}  # stance was not asked
    assert answers(table, DRY)["rain"] == "borderline"
    assert table.notes == ()


def test_a_list_of_labels_answers_every_frame(tmp_path: Path, small_codebook: Codebook) -> None:
    path = one_table(
        tmp_path / "t.csv",
        f"text;labels\n{RAIN};rain|stance:town=against\n{WIND};wind | rain\n{DRY};\n",
    )
    table = read({None: [path]}, Layout(separator="|"), small_codebook)
    assert answers(table, RAIN) == {
        "rain": "present", "wind": "absent", "stance:town": "against",
    }  # fmt: skip
    assert answers(table, WIND) == {"rain": "present", "wind": "present"}
    assert answers(table, DRY) == {"rain": "absent", "wind": "absent"}  # an empty list


def test_json_lines_may_use_lists_or_mappings(tmp_path: Path, small_codebook: Codebook) -> None:
    lines: Sequence[dict[str, object]] = (
        {"text": RAIN, "labels": ["rain"]},
        {"text": WIND, "labels": []},
        {"text": DRY, "frames": {"wind": "absent"}, "stance": {"town": "neutral"}},
    )
    path = one_table(tmp_path / "t.jsonl", "".join(json.dumps(line) + "\n" for line in lines[:2]))
    other = one_table(tmp_path / "o.jsonl", json.dumps(lines[2]))
    table = read({None: [path, other]}, Layout(), small_codebook)
    assert answers(table, RAIN) == {"rain": "present", "wind": "absent"}
    assert answers(table, WIND) == {"rain": "absent", "wind": "absent"}
    assert answers(table, DRY) == {"wind": "absent", "stance:town": "neutral"}


@pytest.mark.parametrize("above", ["\n\n", "sep=;\n"])
def test_blank_lines_and_the_excel_separator_line_are_not_rows(
    tmp_path: Path, small_codebook: Codebook, above: str
) -> None:
    rows = f"{RAIN};1\n{DRY};0\n"
    headed = one_table(tmp_path / "t.csv", f"{above}text;rain\n{rows}")
    bare = one_table(tmp_path / "b.csv", above + rows)
    for path, layout in ((headed, Layout()), (bare, Layout(header=("text", "rain")))):
        table = read({None: [path]}, layout, small_codebook)
        assert answers(table, RAIN) == {"rain": "present"}
        assert table.passages.height == 2


def test_a_lone_surrogate_in_json_becomes_the_replacement_character(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = one_table(tmp_path / "t", json.dumps({"text": f"{RAIN} \ud800", "rain": 1}))
    table = read({None: [path]}, Layout(), small_codebook)
    assert answers(table, f"{RAIN} \ufffd") == {"rain": "present"}


def test_a_file_without_a_header_gets_its_names_from_the_settings(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = one_table(tmp_path / "t.tsv", f'7\t"{RAIN[:-1]} ""again"""\t1.0\t0.0\n')
    layout = Layout(header=("number", "text", "rain", "wind"))
    table = read({"train": [path]}, layout, small_codebook)
    assert table.passages["text"].to_list() == [f'{RAIN[:-1]} "again"']
    assert table.passages["fold"].to_list() == ["train"]
    assert table.notes == ("no row answers stance:town: not asked",)


def test_a_text_in_two_folds_is_used_for_testing_and_not_for_training(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    train = one_table(tmp_path / "a.csv", f"text,rain\n{RAIN},0\n{WIND},0\n")
    test = one_table(tmp_path / "b.csv", f"text,rain\n{RAIN},1\n{DRY},0\n")
    table = read({"train": [train], "test": [test]}, Layout(), small_codebook)
    folds = dict(table.passages.select("text", "fold").iter_rows())
    assert folds == {RAIN: "test", WIND: "train", DRY: "test"}
    assert answers(table, RAIN) == {"rain": "present"}  # the answer of the row in the test file
    assert "texts in more than one fold: 1" in table.notes[0]
    assert "a.csv: row 1" in table.notes[0]


def test_rows_with_the_same_text_count_as_several_coders(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = one_table(
        tmp_path / "t.csv", f"text,rain,coder\n{RAIN},1,ann\n{RAIN},0,ben\n{WIND},0,\n"
    )
    table = read({None: [path]}, Layout(), small_codebook)
    assert table.passages.height == 2
    coders = table.answers.filter(passage_id=passage_id(RAIN))
    assert dict(coders.select("coder", "answer").iter_rows()) == {"ann": "present", "ben": "absent"}


@pytest.mark.parametrize(
    ("word", "part", "fold"),
    [("train", "", "train"), ("Validation", "", "dev"), ("b", "b", "test"), ("a", "b", "train")],
)
def test_the_fold_column_sets_the_fold(
    tmp_path: Path, small_codebook: Codebook, word: str, part: str, fold: str
) -> None:
    path = one_table(tmp_path / "t.csv", f"text,rain,fold\n{RAIN},1,{word}\n")
    table = read({None: [path]}, Layout(part=part), small_codebook)
    assert table.passages["fold"].to_list() == [fold]


@pytest.mark.parametrize(
    ("content", "layout", "message"),
    [
        ("text,rain\nRain.,maybe\n", Layout(), "t.csv: row 1: rain: unknown answer 'maybe'"),
        ("text,labels\nRain.,rian\n", Layout(), "row 1: unknown code 'rian'; did you mean 'rain'?"),
        ("text,rain\n,1\n", Layout(), "row 1: the text is empty"),
        ("text,rain\nRain.,1,2\n", Layout(), "row 1: not a row of this table"),
        ("body text,rain\nRain.,1\n", Layout(), "labelled.text=COLUMN"),
        ("text,rain\nRain.,1\n", Layout({"text": "txt"}), "labelled.text=txt: no such column"),
        ("text,snow\nRain.,1\n", Layout(), "the questions are rain, wind, stance:town"),
        ("text,rain,fold\nRain.,1,7\n", Layout(), "labelled.parts=[7,…]"),
        (
            "text,labels\nRain.,stance:town\n",
            Layout(),
            "a stance needs an answer, e.g. stance:town=against",
        ),
        ("text,rain\n", Layout(), "the table has no rows"),
        ("", Layout(), "the file is empty"),
        ("Just a sentence.\n", Layout(), "labelled.header=[text,…]"),
    ],
)
def test_an_error_names_file_and_row(
    tmp_path: Path, small_codebook: Codebook, content: str, layout: Layout, message: str
) -> None:
    path = one_table(tmp_path / "t.csv", content)
    with pytest.raises(InputError) as refused:
        read({None: [path]}, layout, small_codebook)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_words_of_the_table_can_be_mapped_to_answers(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = one_table(tmp_path / "t.csv", f"text,rain\n{RAIN},Maybe\n")
    table = read({None: [path]}, Layout(answers={"Maybe": "borderline"}), small_codebook)
    assert answers(table, RAIN) == {"rain": "borderline"}


def test_passages_become_posts_that_are_not_split(tmp_path: Path, small_codebook: Codebook) -> None:
    from pipeline.text.segmentation import segment

    path = one_table(tmp_path / "t.csv", "text,rain,lang\nRain!,1,fr\nhttps://x.org,0,\n")
    table = read({None: [path]}, Layout(), small_codebook)
    kept, dropped = segment(table.posts()[0], min_characters=25, item_characters=40)
    assert dropped.is_empty()
    assert sorted(kept["passage_id"]) == sorted(table.passages["passage_id"])
    languages = dict(table.languages(kept).select("text", "language").iter_rows())
    assert languages["Rain!"] == "fr"
    assert languages["https://x.org"] == "und"


@given(st.lists(st.sampled_from(["rain", "wind", "stance:town=favour"]), unique=True))
def test_a_list_has_the_same_meaning_in_json_and_in_a_cell(labels: list[str]) -> None:
    from pipeline import codebook as codebooks
    from tests.conftest import SMALL_CODEBOOK

    book = codebooks.parse(SMALL_CODEBOOK, "small.yaml")
    bound = {"labels": "labels"}
    cell = answers_of({"labels": "; ".join(labels)}, {}, bound, book, Layout())
    array = answers_of({"labels": labels}, {}, bound, book, Layout())
    as_text = answers_of({"labels": json.dumps(labels)}, {}, bound, book, Layout())
    assert cell == array == as_text
    assert {name for name, answer in cell.items() if answer != "absent"} == {
        label.partition("=")[0] for label in labels
    }


def test_columns_of_questions_are_found_under_both_spellings(small_codebook: Codebook) -> None:
    assert question_columns(["wind", "stance_town"], small_codebook) == {
        "wind": "wind", "stance:town": "stance_town",
    }  # fmt: skip


@pytest.mark.parametrize("word", ["maybe", "ja, klar", "it's", 'so "so"', "да: нет", "{x}"])
def test_the_setting_suggested_for_an_unknown_word_can_be_typed_as_it_is(
    tmp_path: Path, small_codebook: Codebook, word: str
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"text": RAIN, "rain": word}), encoding="utf-8")
    with pytest.raises(InputError, match="map other words with ") as refused:
        read({None: [path]}, Layout(), small_codebook)
    (typed,) = shlex.split(str(refused.value).partition("map other words with ")[2])
    answers_typed = compose([typed.replace("ANSWER", "borderline")]).labelled.answers
    table = read({None: [path]}, Layout(answers=answers_typed), small_codebook)
    assert answers(table, RAIN) == {"rain": "borderline"}
