"""What to label next: which passages a coder learns most from, and which keep figures honest."""

from pipeline.annotation.queue.candidates import Pool
from pipeline.annotation.queue.sample import Sample
from pipeline.annotation.queue.selection import Chosen, Shares, choose

__all__ = ["Chosen", "Pool", "Sample", "Shares", "choose"]
