import numpy as np
import pytest

from pipeline.models.encoder.encoding import encode
from pipeline.models.openvino.encoder import available_threads, feed
from tests.models.tiny_berts import passages_of, tiny_bert, tiny_distilbert

pytestmark = pytest.mark.slow


def test_a_feed_is_padded_and_masked() -> None:
    backbone = tiny_bert()
    encoded = encode(backbone, passages_of(["rain wind snow", "sun"]))
    words, mask, segments = feed(backbone, encoded, np.array([1, 0]))
    # [CLS] sun [SEP] and [CLS] rain wind snow [SEP].
    assert mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert words.shape == (2, 5, backbone.hidden_size)
    assert not segments.any()
    table = backbone.encoder.get_input_embeddings().weight.numpy()  # type: ignore[operator]
    assert np.array_equal(words[0, 1], table[encoded.ids[1][1]])
    assert np.array_equal(words[0, 4], table[backbone.pad_id])


def test_an_encoder_without_segments_is_fed_none() -> None:
    backbone = tiny_distilbert()
    assert len(feed(backbone, encode(backbone, passages_of(["rain"])), np.array([0]))) == 2


def test_clusters_may_allow_a_worker_fewer_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert available_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "nonsense")
    assert available_threads() >= 1
