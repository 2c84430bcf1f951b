import polars as pl

from pipeline.evaluation.resampling import with_components


def passages(families: dict[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame({"passage_id": list(families), "family": list(families.values()), "x": 1})


def folds(components: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame({"passage_id": list(components), "component": list(components.values())})


def test_passages_of_one_component_are_resampled_together() -> None:
    # b and c are of one post; d is not in the folds and keeps its family.
    found = with_components(
        passages({"c": "f1", "b": "f2", "a": None, "d": "f4"}),
        folds({"a": "a", "b": "b", "c": "b"}),
    )
    assert found.columns == ["passage_id", "family", "x"]
    assert found["passage_id"].to_list() == ["c", "b", "a", "d"]
    assert found["family"].to_list() == ["b", "b", "a", "f4"]


def test_the_names_do_not_depend_on_passages_that_are_not_evaluated() -> None:
    given = passages({"b": "f", "c": "g"})
    with_another = folds({"a": "a", "b": "a", "c": "a"})
    assert with_components(given, with_another)["family"].to_list() == ["b", "b"]


def test_a_passage_in_several_rows_has_one_component() -> None:
    rows = pl.concat([passages({"b": "f"}), passages({"b": "f"})])
    assert with_components(rows, folds({"b": "z"}))["family"].to_list() == ["b", "b"]
