"""The same bytes from the same training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Without it cuBLAS refuses to be deterministic; read when it is first used.
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def deterministic(*, wanted: bool = True) -> Iterator[None]:
    """Inside, what is computed twice on one machine gives the same bits; nothing is changed where
    it is not ``wanted``.

    Sums are not shared among threads, whose order differs from run to run, and torch uses
    operations with a fixed order only; it raises an error for one that has none.
    """
    if not wanted:
        yield
        return
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    environment = {name: os.environ.get(name) for name in (_CUBLAS, "OMP_NUM_THREADS")}
    os.environ.setdefault(_CUBLAS, ":4096:8")
    os.environ["OMP_NUM_THREADS"] = "1"  # the converter counts its threads by it
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        with threadpool_limits(1):  # of numpy and scikit-learn
            yield
    finally:
        torch.backends.cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(strict, warn_only=warns)
        torch.set_num_threads(threads)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
