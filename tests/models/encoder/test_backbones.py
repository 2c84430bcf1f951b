import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from transformers import PreTrainedTokenizerFast, T5EncoderModel, T5Model

from pipeline.errors import InputError
from pipeline.io.cache import cache_folder
from pipeline.models.encoder.backbones import (
    Backbone,
    load_backbone,
    load_saved,
)
from pipeline.models.encoder.encoding import encode, features
from pipeline.models.encoder.weights import write_weights
from tests.models.tiny_berts import passages_of, tiny_albert, tiny_bert, tiny_t5_encoder

pytestmark = pytest.mark.slow

TEXTS = passages_of(["rain about town", "wind"])


def vectors(backbone: Backbone) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return features(backbone, encode(backbone, TEXTS))


@pytest.fixture
def hub_folder(tmp_path: Path) -> Path:
    """A folder as model hubs hold them."""
    folder = tmp_path / "model"
    backbone = tiny_bert()
    backbone.encoder.save_pretrained(folder)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backbone.tokenizer, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    return folder


def test_a_local_folder_is_read_like_a_hub_id(hub_folder: Path) -> None:
    backbone = load_backbone("hub", str(hub_folder), "", "mean", 24)
    np.testing.assert_allclose(vectors(backbone), vectors(tiny_bert()), atol=1e-6)
    assert not any(parameter.requires_grad for parameter in backbone.encoder.parameters())


def test_truncation_and_padding_that_a_tokenizer_brings_along_are_switched_off(
    hub_folder: Path,
) -> None:
    backbone = load_backbone("hub", str(hub_folder), "", "mean", 24)
    assert backbone.tokenizer.truncation is None
    assert backbone.tokenizer.padding is None


def test_a_saved_backbone_gives_the_same_vectors(tmp_path: Path) -> None:
    backbone = tiny_bert(pooling="first")
    backbone.save(tmp_path)
    again = load_saved(tmp_path)
    assert np.array_equal(vectors(again), vectors(backbone))
    assert again.settings() == backbone.settings()


def test_loading_does_not_touch_the_global_generator(tmp_path: Path) -> None:
    tiny_bert().save(tmp_path)
    state = torch.get_rng_state()
    load_saved(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)


def test_weights_are_halves_only_where_nothing_is_lost(tmp_path: Path) -> None:
    exact, inexact = torch.tensor([0.5, -2.25]), torch.tensor([0.1, 1e-9])
    write_weights(tmp_path / "w", {"exact": exact, "inexact": inexact, "pooler.x": exact})
    written = load_file(tmp_path / "w")
    assert written["exact"].dtype == torch.float16
    assert written["inexact"].dtype == torch.float32
    assert torch.equal(written["inexact"], inexact)
    assert "pooler.x" not in written


def test_a_broken_saved_folder_is_named(tmp_path: Path) -> None:
    tiny_bert().save(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(InputError, match="incomplete checkpoint"):
        load_saved(tmp_path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    tiny_bert(layers=1).save(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["embeddings.LayerNorm.bias"]
    write_weights(tmp_path / "model.safetensors", tensors)
    with pytest.raises(InputError, match=r"lacks embeddings\.LayerNorm\.bias"):
        load_saved(tmp_path)


@pytest.mark.parametrize(
    ("kind", "name", "pooling", "max_length", "said"),
    [
        ("packed", "x", "mean", 24, "unknown 'packed'; allowed: packaged_e5, packaged_minilm, hub"),
        ("packaged_e5", "bert-base", "mean", 24, "backbone=hub backbone.name=bert-base"),
        ("hub", "", "mean", 24, "backbone.name is empty"),
        ("hub", "/nowhere/at all", "mean", 24, "no such folder"),
        ("hub", "{folder}", "middle", 24, "unknown 'middle'; allowed: mean, first"),
        ("hub", "{folder}", "mean", 49, "reads 48 at most"),
    ],
)
def test_settings_that_cannot_be_met_are_refused_in_one_line(
    hub_folder: Path, kind: str, name: str, pooling: str, max_length: int, said: str
) -> None:
    with pytest.raises(InputError, match="backbone") as error:
        load_backbone(kind, name.format(folder=hub_folder), "", pooling, max_length)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_hub_model_without_network_says_so_quickly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="not in the Hugging Face cache") as error:
        load_backbone("hub", "nobody-anywhere/no-such-model", "", "mean", 24)
    assert "\n" not in str(error.value)


def test_a_folder_without_safetensors_is_refused(hub_folder: Path) -> None:
    weights = hub_folder / "model.safetensors"
    torch.save({"x": torch.zeros(1)}, hub_folder / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_backbone("hub", str(hub_folder), "", "mean", 24)


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [("/a", "/b", "/a"), ("", "/b", "/b/rhetoric"), ("", "", "/home/x/.cache/rhetoric")],
)
def test_where_the_cache_lies(
    monkeypatch: pytest.MonkeyPatch, own: str, shared: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    monkeypatch.setenv("RHETORIC_CACHE", own)
    monkeypatch.setenv("XDG_CACHE_HOME", shared)
    assert cache_folder() == Path(expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_weights_of_any_precision_are_trained_in_float32_and_reload_exactly(
    hub_folder: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    encoder = tiny_bert().encoder
    module: nn.Module = encoder
    module.to(dtype)
    encoder.save_pretrained(hub_folder)
    assert json.loads((hub_folder / "config.json").read_text())["dtype"] == str(dtype)[6:]
    backbone = load_backbone("hub", str(hub_folder), "", "mean", 24)
    weights = dict(backbone.encoder.named_parameters())
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    for tensor in weights.values():
        tensor.mul_(1 + 1e-5)  # as training does: no longer a number that half precision holds
    backbone.save(tmp_path / "saved")
    again = load_saved(tmp_path / "saved")
    for name, tensor in again.encoder.state_dict().items():
        if name in weights:
            assert torch.equal(tensor, weights[name]), name
    assert np.array_equal(vectors(again), vectors(backbone))


@pytest.mark.parametrize("key", ["_attn_implementation", "attn_implementation"])
def test_which_code_computes_attention_is_not_read_from_a_model(
    hub_folder: Path, tmp_path: Path, key: str
) -> None:
    """It may name a kernel on a hub, which would be downloaded and run."""
    saved = tmp_path / "saved"
    saved.mkdir()
    tiny_bert().save(saved)
    for folder in (hub_folder, saved):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, key: "somebody/kernel"}))
    for backbone in (load_backbone("hub", str(hub_folder), "", "mean", 24), load_saved(saved)):
        assert backbone.encoder.config._attn_implementation == "sdpa"


def test_only_the_encoder_of_a_pair_is_loaded_and_reloads_exactly(
    hub_folder: Path, tmp_path: Path
) -> None:
    """A T5 is an encoder and a decoder; its word embeddings have two names."""
    ours = tiny_t5_encoder()
    assert isinstance(ours.encoder, T5EncoderModel)
    whole = T5Model(ours.encoder.config)
    whole.load_state_dict(ours.encoder.state_dict(), strict=False)
    whole.save_pretrained(hub_folder)
    backbone = load_backbone("hub", str(hub_folder), "", "mean", 24)
    assert isinstance(backbone.encoder, T5EncoderModel)
    np.testing.assert_allclose(vectors(backbone), vectors(ours), atol=1e-6)
    backbone.save(tmp_path / "saved")
    assert np.array_equal(vectors(load_saved(tmp_path / "saved")), vectors(backbone))


def test_an_albert_is_read_and_reloads_exactly(hub_folder: Path, tmp_path: Path) -> None:
    ours = tiny_albert()
    ours.encoder.save_pretrained(hub_folder)
    backbone = load_backbone("hub", str(hub_folder), "", "mean", 24)
    np.testing.assert_allclose(vectors(backbone), vectors(ours), atol=1e-6)
    backbone.save(tmp_path / "saved")
    assert np.array_equal(vectors(load_saved(tmp_path / "saved")), vectors(backbone))
