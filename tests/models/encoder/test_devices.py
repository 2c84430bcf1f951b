"""No GPU is needed: that one is there, or is not, is pretended."""

import pytest
import torch

from pipeline.errors import InputError
from pipeline.models.encoder.devices import device_here, precision_on


def pretend(monkeypatch: pytest.MonkeyPatch, *there: str, bf16: bool = True) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)


@pytest.mark.parametrize(
    ("there", "wanted", "found"),
    [
        ([], "auto", "cpu"),
        ([], "cpu", "cpu"),
        (["cuda"], "auto", "cuda"),
        (["mps"], "auto", "mps"),
        (["cuda"], "cpu", "cpu"),
        (["mps"], "mps", "mps"),
    ],
)
def test_the_device_that_was_asked_for_or_the_fastest_there_is(
    monkeypatch: pytest.MonkeyPatch, there: list[str], wanted: str, found: str
) -> None:
    pretend(monkeypatch, *there)
    assert device_here(wanted, "train.device") == found


@pytest.mark.parametrize(("there", "wanted"), [([], "cuda"), (["mps"], "cuda"), (["cuda"], "mps")])
def test_a_device_that_is_not_there_is_one_line_that_says_which_are(
    monkeypatch: pytest.MonkeyPatch, there: list[str], wanted: str
) -> None:
    pretend(monkeypatch, *there)
    with pytest.raises(InputError) as error:
        device_here(wanted, "score.device")
    assert str(error.value).startswith(f"score.device={wanted}: ")
    assert f"it finds {', '.join(['cpu', *there])};" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_device_or_precision_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown 'tpu'; allowed: auto, cpu, cuda, mps"):
        device_here("tpu", "train.device")
    with pytest.raises(InputError, match="unknown 'int8'; allowed: auto, fp32, bf16, fp16"):
        precision_on("cpu", "int8")


@pytest.mark.parametrize(
    ("device", "bf16", "wanted", "found"),
    [
        ("cpu", True, "auto", "fp32"),
        ("mps", True, "auto", "fp32"),
        ("cuda", True, "auto", "bf16"),
        ("cuda", False, "auto", "fp32"),
        ("cpu", False, "bf16", "bf16"),
        ("cuda", False, "fp16", "fp16"),
    ],
)
def test_halves_are_taken_where_the_device_has_them(
    monkeypatch: pytest.MonkeyPatch, device: str, bf16: bool, wanted: str, found: str
) -> None:
    pretend(monkeypatch, device, bf16=bf16)
    assert precision_on(device, wanted) == found


@pytest.mark.parametrize(("device", "wanted"), [("cpu", "fp16"), ("cuda", "bf16")])
def test_halves_that_the_device_does_not_compute_are_refused(
    monkeypatch: pytest.MonkeyPatch, device: str, wanted: str
) -> None:
    pretend(monkeypatch, device, bf16=False)
    with pytest.raises(InputError, match=f"train.precision={wanted}"):
        precision_on(device, wanted)
