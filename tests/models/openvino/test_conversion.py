from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from openvino import Model

from pipeline.errors import InputError
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.encoding import Encoded
from pipeline.models.ensemble import EnsembleModel
from pipeline.models.openvino import Conversion, ConversionError, convert, graph, with_graphs
from pipeline.models.openvino.encoder import ConvertedEncoder, Feed
from tests.models.tiny_berts import passages_of, weather

pytestmark = pytest.mark.slow


def test_integers_decide_as_the_reference_does(
    classifier: Classifier, conversion: Conversion
) -> None:
    parity = conversion.parity(classifier)
    assert parity.passages == 150
    assert parity.pooled.found > 50
    assert parity.rejection is None
    # Integers were at work: the same bits would mean that nothing was converted.
    assert not np.array_equal(conversion.reference, conversion.converted)


def test_the_graph_answers_passages_of_other_shapes(
    classifier: Classifier, conversion: Conversion
) -> None:
    """Traced on one batch; longer, shorter and single passages must come out as in torch."""
    fitted = with_graphs(classifier.fitted, conversion.graphs, threads=1)
    assert isinstance(fitted, EnsembleModel)
    assert isinstance(fitted.members[1], ConvertedEncoder)
    texts = ["rain", "wind " * 30, "sun town river", "rain", "", "snow 😀"]
    for passages in (passages_of(texts), passages_of(texts[:1])):
        reference = classifier.fitted.probabilities(passages)
        assert np.abs(fitted.probabilities(passages) - reference).max() < 0.1
        expected = [len(text.split()) > 22 for text in passages["text"]]  # of 24, two are special
        assert fitted.members[1].is_truncated(passages).tolist() == expected


def test_threads_and_the_order_of_rows_change_no_bit(
    classifier: Classifier, conversion: Conversion
) -> None:
    passages = weather(80, 9).passages
    one = with_graphs(classifier.fitted, conversion.graphs, threads=1).probabilities(passages)
    two = with_graphs(classifier.fitted, conversion.graphs, threads=2).probabilities(
        passages.reverse()
    )
    assert np.array_equal(one, two[::-1])


def test_a_saved_conversion_is_the_same(
    classifier: Classifier, conversion: Conversion, tmp_path: Path
) -> None:
    assert Conversion.load(tmp_path) is None
    conversion.save(tmp_path)
    again = Conversion.load(tmp_path)
    assert again is not None
    assert again.digest == conversion.digest
    assert again.parity(classifier) == conversion.parity(classifier)
    described = json.loads((tmp_path / "openvino" / "conversion.json").read_text())
    assert described["refused"] is None
    assert described["parity"].keys() == {"rain", "wind", "dry"}
    sums = {place: graph.sha256 for place, graph in conversion.graphs.items()}
    assert described["graphs"] == sums
    assert sums.keys() == {"ensemble-1-transformer"}


def test_a_graph_that_is_not_the_one_compared_is_refused(
    conversion: Conversion, tmp_path: Path
) -> None:
    conversion.save(tmp_path)
    path = tmp_path / "openvino" / "ensemble-1-transformer.bin"
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="changed since it was compared"):
        Conversion.load(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="is incomplete"):
        Conversion.load(tmp_path)


def test_thresholds_that_were_fitted_anew_are_judged_anew(
    classifier: Classifier, conversion: Conversion
) -> None:
    never = replace(classifier, thresholds=np.full(3, 1.1))
    assert conversion.parity(never).rejection is not None


def test_what_decides_otherwise_is_tried_again_with_more_care(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []
    original = graph.quantise

    def noted(model: Model, feeds: Sequence[Feed], *, careful: bool) -> Model:
        tried.append(careful)
        return original(model, feeds, careful=careful)

    monkeypatch.setattr(graph, "quantise", noted)
    # Nothing reaches these thresholds, and engines that find nothing prove nothing.
    never = replace(classifier, thresholds=np.full(3, 1.1))
    passages, rng = weather(30, 1).passages, np.random.default_rng(0)
    refused = convert(never, quantise_on=passages, compare_on=passages, rng=rng)
    assert tried == [False, True]
    assert refused is not None
    assert refused.about["refused"] is not None


def test_a_model_without_an_encoder_has_nothing_to_convert(classifier: Classifier) -> None:
    assert isinstance(classifier.fitted, EnsembleModel)
    tfidf = replace(classifier, fitted=classifier.fitted.members[0])
    passages = weather(5, 1).passages
    rng = np.random.default_rng(0)
    assert convert(tfidf, quantise_on=passages, compare_on=passages, rng=rng) is None
    assert with_graphs(tfidf.fitted, {}, threads=1) is tfidf.fitted


def test_what_was_read_is_not_read_again_until_forgotten(
    classifier: Classifier, conversion: Conversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = with_graphs(classifier.fitted, conversion.graphs, threads=1)
    assert isinstance(fitted, EnsembleModel)
    encoder = fitted.members[1]
    assert isinstance(encoder, ConvertedEncoder)
    read: list[int] = []
    original = ConvertedEncoder._logits

    def counted(self: ConvertedEncoder, encoded: Encoded) -> NDArray[np.float32]:
        read.append(len(encoded.ids))
        return original(self, encoded)

    monkeypatch.setattr(ConvertedEncoder, "_logits", counted)
    first = encoder.probabilities(passages_of(["rain", "wind", "rain"]))
    again = encoder.probabilities(passages_of(["wind", "snow"]))
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], again[0])
    encoder.clear_cache()
    encoder.probabilities(passages_of(["wind"]))
    assert read == [2, 1, 1]


def test_an_encoder_that_cannot_be_converted_is_named(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: object, **settings: object) -> None:
        raise RuntimeError("no such operation\nand a long trace")

    monkeypatch.setattr(graph, "traced", failing)
    passages, rng = weather(20, 1).passages, np.random.default_rng(0)
    with pytest.raises(ConversionError, match=r"^tiny: no such operation$"):
        convert(classifier, quantise_on=passages, compare_on=passages, rng=rng)
