from pipeline.config import compose, to_yaml
from pipeline.config.run_name import run_name


def name_of(*overrides: str) -> str:
    return run_name(to_yaml(compose([*overrides])))


def test_a_run_is_named_by_its_model_and_what_differs_from_its_defaults() -> None:
    assert name_of() == "ensemble"
    assert name_of("model=tfidf", "seed=2") == "tfidf seed=2"
    found = name_of("model=transformer", "train.epochs=3", "train.learning_rate=2e-4", "seed=0")
    words = set(found.split())
    assert words == {"transformer", "seed=0", "train.epochs=3", "train.learning_rate=0.0002"}


def test_another_backbone_is_one_word() -> None:
    assert name_of("model=probe", "backbone=minilm") == "probe backbone=all-MiniLM-L6-v2"


def test_what_does_not_affect_the_result_is_not_named() -> None:
    assert name_of("model=tfidf", "out=elsewhere", "report.title=x", "runner.workers=2") == "tfidf"


def test_a_table_is_named_by_its_files_and_part() -> None:
    found = name_of(
        "model=tfidf", "labelled.files=[data/mine.csv]", "labelled.text=body",
        "labelled.parts=[a,b]", "labelled.part=b",
    )  # fmt: skip
    assert found == "tfidf mine.csv part=b"


def test_settings_of_older_versions_are_read_and_a_long_name_is_cut() -> None:
    assert run_name("model: {kind: tfidf, gone: 3}\nold: {x: 1}\nseed: 5") == "tfidf seed=5"
    assert run_name("model: {kind: gone}") == ""
    assert run_name("seed: 1") == ""
    long = name_of("model=tfidf", f"codebook={'x' * 300}.yaml")
    assert len(long) == 150
    assert long.startswith("tfidf codebook=xxx")
    assert long.endswith(" …")
