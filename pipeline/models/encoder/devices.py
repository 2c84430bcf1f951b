"""On which device, and in which precision, an encoder is computed."""

from __future__ import annotations

from pipeline.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


def device_here(wanted: str, setting: str) -> str:
    """cpu, cuda or mps; ``auto`` takes the fastest that this machine has.

    Args:
        wanted: one of :data:`DEVICES`.
        setting: its key, for the error.

    Raises:
        InputError: the machine, or the torch installed on it, does not have that device.
    """
    import torch

    if wanted not in DEVICES:
        raise InputError(f"{setting}: unknown {wanted!r}; allowed: {', '.join(DEVICES)}")
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next((name for name, there in has.items() if there), "cpu")
    if not has.get(wanted, True):
        found = ", ".join(["cpu", *(name for name, there in has.items() if there)])
        raise InputError(
            f"{setting}={wanted}: torch {torch.__version__} finds no such device on this machine; "
            f"it finds {found}; choose one of these, or {setting}=auto"
        )
    return wanted


def precision_on(device: str, wanted: str) -> str:
    """fp32, bf16 or fp16; ``auto`` is bf16 on a GPU that has it, else fp32.

    Weights stay in fp32 whatever is chosen; it says in what layers are computed (autocast).

    Raises:
        InputError: the device does not compute in that precision.
    """
    import torch

    if wanted not in PRECISIONS:
        raise InputError(f"train.precision: unknown {wanted!r}; allowed: {', '.join(PRECISIONS)}")
    has_bf16 = device != "cuda" or torch.cuda.is_bf16_supported()
    if wanted == "auto":
        return "bf16" if device == "cuda" and has_bf16 else "fp32"
    if wanted == "fp16" and device == "cpu":
        raise InputError("train.precision=fp16 needs a GPU; on the CPU choose fp32 or bf16")
    if wanted == "bf16" and not has_bf16:
        raise InputError("train.precision=bf16: this GPU lacks it; choose fp16 or fp32")
    return wanted
