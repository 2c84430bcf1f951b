"""Ranges of numeric settings, kept in the metadata of their fields."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any


def between(low: float, high: float) -> dict[str, float]:
    return {"low": low, "high": high}


def out_of_range(section: Any, prefix: str) -> list[str]:
    complaints: list[str] = []
    for item in fields(section):
        value, key = getattr(section, item.name), f"{prefix}{item.name}"
        if is_dataclass(value):
            complaints += out_of_range(value, f"{key}.")
        elif value is None:
            continue
        elif "low" in item.metadata and not item.metadata["low"] <= value <= item.metadata["high"]:
            low, high = item.metadata["low"], item.metadata["high"]
            complaints.append(f"{key}={value} is out of range, allowed: {low:g} to {high:g}")
    return complaints
