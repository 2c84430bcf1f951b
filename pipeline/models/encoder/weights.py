"""Weights on disk, as float16 if that is lossless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def write_weights(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write safetensors; float16 where it is exact, as for decoded 4-bit weights."""
    import torch
    from safetensors.torch import save_file

    def smallest(tensor: torch.Tensor) -> torch.Tensor:
        tensor = tensor.detach().contiguous()
        half = tensor.to(torch.float16)
        return half if torch.equal(half.to(tensor.dtype), tensor) else tensor

    kept, seen = {}, set()
    for name, tensor in tensors.items():
        place = (tensor.data_ptr(), tensor.shape, tensor.stride())
        # BERT's pooler is not used; a tensor with two names is saved under the first.
        if not name.startswith("pooler.") and (tensor.numel() == 0 or place not in seen):
            kept[name] = smallest(tensor)
            seen.add(place)
    save_file(kept, path, metadata={"format": "pt"})
