import numpy as np

from pipeline.models.base import Matrix
from pipeline.models.encoder.cache import OutputCache, keys_of
from pipeline.models.encoder.encoding import Encoded, encode
from tests.models.tiny_berts import passages_of, tiny_bert


class Reads:
    """Says of each row how many tokens it has; counts what it is handed."""

    def __init__(self) -> None:
        self.handed: list[int] = []

    def __call__(self, encoded: Encoded) -> Matrix:
        self.handed.append(len(encoded.ids))
        return encoded.lengths.astype(np.float32)[:, None]


def encoded_of(texts: list[str]) -> Encoded:
    return encode(tiny_bert(), passages_of(texts))


def test_the_same_tokens_have_the_same_key() -> None:
    keys = keys_of(encoded_of(["rain", "wind", "rain ", "rain wind"]))
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3


def test_what_was_read_is_not_read_again() -> None:
    cache, reads = OutputCache(), Reads()
    first = cache.get(encoded_of(["rain", "rain wind", "rain"]), 1, reads)
    again = cache.get(encoded_of(["rain wind", "snow", "rain"]), 1, reads)
    assert reads.handed == [2, 1]
    assert first[:, 0].tolist() == [3, 4, 3]  # [CLS] and [SEP] count
    assert again[:, 0].tolist() == [4, 3, 3]


def test_nothing_asked_reads_nothing() -> None:
    cache, reads = OutputCache(), Reads()
    assert cache.get(encoded_of([]), 5, reads).shape == (0, 5)
    assert reads.handed == []


def test_what_is_forgotten_is_read_again() -> None:
    cache, reads = OutputCache(), Reads()
    for _ in range(2):
        cache.get(encoded_of(["rain"]), 1, reads)
        cache.clear()
    assert reads.handed == [1, 1]
