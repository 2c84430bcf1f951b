"""Selects the passages to label next: a probability sample, and query strategies."""

from pipeline.annotation.queue.candidates import Pool
from pipeline.annotation.queue.sample import Sample
from pipeline.annotation.queue.selection import Chosen, Shares, choose

__all__ = ["Chosen", "Pool", "Sample", "Shares", "choose"]
