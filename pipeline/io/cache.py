"""The cache folder: derived files that are kept between runs and can be regenerated."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """RHETORIC_CACHE, else XDG_CACHE_HOME/rhetoric, else ~/.cache/rhetoric."""
    own = os.environ.get("RHETORIC_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "rhetoric"
