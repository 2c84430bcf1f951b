"""What to label next: which passages a coder learns most from, and which keep figures honest."""

from pipeline.annotation.selection.mix import Chosen, Shares, choose
from pipeline.annotation.selection.pool import Pool
from pipeline.annotation.selection.sample import Sample

__all__ = ["Chosen", "Pool", "Sample", "Shares", "choose"]
