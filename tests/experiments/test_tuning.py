"""``rhetoric tune`` on a small project with models that train fast."""

from pathlib import Path

import pytest

from pipeline.config import Config, compose, shipped
from pipeline.errors import InputError
from pipeline.experiments import tuning
from tests.conftest import Rhetoric

pytestmark = pytest.mark.slow

QUICK = [
    "tune=tfidf", "model=tfidf", "model.sentences.share=0", "tracking.enabled=false",
    "tune.space={model.tfidf.word_ngrams: {low: 1, high: 2}, "
    "model.tfidf.inverse_regularisation: {low: 0.1, high: 10.0, log: true}, "
    "model.tfidf.context: {choices: [none, both]}}",
]  # fmt: skip
OF_THE_RESULT = [word for word in QUICK if not word.startswith("tune")]


def test_a_study_continues_where_it_stopped_and_prints_the_best_command(
    rhetoric: Rhetoric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Freezes the test passages, which affect the study's digest.
    assert rhetoric("split", *OF_THE_RESULT)[0] == 0
    score = tuning._score
    begun = 0

    def interrupted(*args: object) -> float:
        nonlocal begun
        begun += 1
        if begun == 2:
            raise KeyboardInterrupt
        return score(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning, "_score", interrupted)
    code, _, err = rhetoric("tune", *QUICK, "tune.trials=3")
    assert code == 130
    assert "goes on from here" in err
    assert (tmp_path / "runs/tune/tfidf.db").is_file()
    code, out, err = rhetoric("tune", *QUICK, "tune.trials=3")
    assert code == 0, err
    assert begun == 1 + 1 + 2  # one finished, one was interrupted, two were missing
    assert out.startswith("3 trials, 0 of them pruned")
    line = out.strip().splitlines()[-1]
    assert line.startswith("rhetoric run model=tfidf model.sentences.share=0 ")
    typed = compose(line.removeprefix("rhetoric run ").split())
    assert typed.model.tfidf.word_ngrams in (1, 2)
    assert 0.1 <= typed.model.tfidf.inverse_regularisation <= 10
    code, again, _ = rhetoric("tune", *QUICK, "tune.trials=3")
    assert (code, again, begun) == (0, out, 4)  # nothing is missing


def test_a_study_with_other_settings_is_refused(rhetoric: Rhetoric) -> None:
    assert rhetoric("split", *OF_THE_RESULT)[0] == 0
    assert rhetoric("tune", *QUICK, "tune.trials=1")[0] == 0
    code, _, err = rhetoric("tune", *QUICK, "tune.trials=1", "seed=7")
    assert code == 1
    assert "tune.study=NAME" in err


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("{}", "an empty search space"),
        ("{train.epoch: {low: 1, high: 2}}", "train.epoch is not a setting"),
        ("{train.epochs: {low: 1}}", "give either low and high, or choices"),
        ("{model.tfidf.word_ngrams: {low: 0, high: 0}}", "word_ngrams=0 is out of range"),
        (
            "{train.epochs: {low: 1, high: 2}, model.tfidf.context: {choices: [none, both]}}",
            "model=tfidf does not read train.epochs; choose its space (tune=tfidf model=tfidf, ",
        ),
    ],
)
def test_an_invalid_search_space_gives_a_one_line_error(
    rhetoric: Rhetoric, space: str, message: str
) -> None:
    argv = ["model=tfidf", "tracking.enabled=false", "tune=own", f"+tune.space={space}"]
    code, _, err = rhetoric("tune", *argv, "tune.trials=1")
    assert code == 1
    assert message in err


def test_a_tuned_model_reads_what_any_of_its_choices_reads() -> None:
    space = "+tune.space={model: {choices: [tfidf, transformer]}, train.epochs: {low: 1, high: 2}}"
    tuning._check(compose(["model=tfidf", "tune=own", space]))
    focused = "+tune.space={train.loss: {choices: [focal]}, train.focusing: {low: 0, high: 4}}"
    tuning._check(compose(["model=transformer", "tune=own", focused]))
    tuning._check(compose(["tune=transformer"]))  # the ensemble has a transformer
    with pytest.raises(InputError, match=r"model=probe does not read train\.learning_rate"):
        tuning._check(compose(["tune=transformer", "model=probe"]))


def test_every_shipped_space_names_settings_that_compose() -> None:
    from pipeline.config import is_integer

    found = sorted((shipped("configs") / "tune").glob("*.yaml"))
    assert len(found) >= 3
    for path in found:
        config: Config = compose([f"tune={path.stem}"])
        assert config.tune.space or path.stem == "own"
        for key, space in config.tune.space.items():
            low = space.choices[0] if space.choices else space.low
            compose([f"{key}={int(low) if is_integer(key) and low is not None else low}"])


def test_integer_settings_are_recognized_by_their_type() -> None:
    from pipeline.config import is_integer

    assert is_integer("train.frozen_layers")  # int | None
    assert not is_integer("train.learning_rate")
    with pytest.raises(InputError, match=r"train\.nothing is not a setting"):
        is_integer("train.nothing")
