"""Which words are files, which are settings, and which are refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.sections import EVERYTHING, RESULT
from pipeline.cli.takes import LITERAL, Takes, is_setting
from pipeline.cli.usage import UsageError
from pipeline.config import Config
from pipeline.errors import InputError

MANY = Takes("score", ("seed", "model", "score"), most=None)


def test_an_existing_path_is_a_file_whatever_signs_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = ["ChatExport_2026-11-24 (1)", "a=b.json", "model=tfidf", "what?.json", "[old].csv", "~x"]
    for name in odd:
        Path(name).touch()
    files, settings = MANY.sort([*odd, "seed=3", "model=probe"])
    assert files == [Path(name) for name in odd]
    assert settings == ["seed=3", "model=probe"]


def test_other_words_with_an_equals_sign_or_a_leading_sign_are_hydra_overrides() -> None:
    words = ["seed=3", "+model.x=1", "++seed=1", "~model", "score.formats=[csv,xlsx]", "seed="]
    assert MANY.sort(words) == ([], words)


def test_what_begins_as_a_path_is_never_a_setting() -> None:
    for word in ("./a=b.json", "/data/a=b.json", "../a=b", "~/a=b"):
        assert not is_setting(word)
        with pytest.raises(InputError, match="no such file"):
            MANY.sort([word])


def test_after_two_dashes_every_word_is_a_file() -> None:
    words = [LITERAL + word for word in ("seed=3", "-o", "*.json")]
    assert MANY.sort(words) == ([Path("seed=3"), Path("-o"), Path("*.json")], [])


def test_patterns_are_files_of_commands_that_take_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.json", "a.json"):
        Path(name).touch()
    assert MANY.sort(["*.json"])[0] == [Path("*.json")]  # left to a reader that knows exports
    one = Takes("report", ("report",), least=1, most=1, expands=False)
    assert one.sort(["a.*"])[0] == [Path("a.json")]
    with pytest.raises(UsageError, match=r"takes one FILE, found a\.json, b\.json"):
        one.sort(["*.json"])
    with pytest.raises(InputError, match=r"c\*\.json: matches no file"):
        one.sort(["c*.json"])
    with pytest.raises(UsageError, match="takes no files"):
        Takes("run", RESULT).sort(["*.json"])


def test_a_run_may_have_a_name_with_an_equals_sign() -> None:
    takes = Takes("compare", ("seed", "evaluate"), least=2, most=None, file="RUN")
    words = ["A=runs/1,runs/2", "champion", "seed=4", "evaluate.confidence=0.9"]
    assert takes.runs(words) == (words[:2], words[2:])
    assert takes.runs(["x", LITERAL + "seed=1"]) == (["x", "seed=1"], [])
    with pytest.raises(UsageError, match=r"did you mean 'evaluate\.confidence'"):
        takes.runs(["a", "b", "evalute.confidence=0.9"])
    with pytest.raises(UsageError, match="model is no setting of compare; it reads seed, evaluate"):
        takes.runs(["a", "b", "model=tfidf"])
    with pytest.raises(UsageError, match="two RUNs or more are needed"):
        takes.runs(["a"])


def test_the_sections_are_those_of_the_settings() -> None:
    # `experiment` is a group of files that set any of the others.
    assert {*EVERYTHING} == {*Config.__dataclass_fields__, "experiment"}


def test_settings_of_hydra_count_in_a_sweep_alone() -> None:
    word = "hydra.sweep.dir=elsewhere"
    assert MANY.sort([word], hydra=True) == ([], [word])
    with pytest.raises(UsageError, match=r"hydra\.sweep\.dir is no setting of score"):
        MANY.sort([word])


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400))
def test_any_word_is_a_file_a_setting_or_one_line(word: str) -> None:
    try:
        files, settings = MANY.sort([word])
    except InputError as error:
        assert len(str(error)) < 500
    else:
        assert len(files) + len(settings) == 1


def test_a_setting_that_the_shell_cut_at_its_spaces_is_shown_with_quotes() -> None:
    words = ["labelled.answers={maybe:", "borderline,", "fits:", "present}", "seed=3"]
    with pytest.raises(UsageError, match=r"needs quotes: 'labelled.answers={.*: present}'$"):
        MANY.sort(words)
    with pytest.raises(UsageError, match=r"needs quotes: 'score.formats=\[csv, xlsx\]'"):
        MANY.sort(["score.formats=[csv,", "xlsx]"])
