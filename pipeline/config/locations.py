"""Locations of files shipped with the project."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, nearest_path


def shipped(name: str) -> Path:
    """A file or folder shipped with the project, in the clone or inside the installed wheel."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "_shipped" / name
    return in_wheel if in_wheel.exists() else package.parent / name


def located(name: str) -> Path:
    """A path of the configuration, or the shipped file of that name where there is none here;
    raises InputError with the path as it was typed.

    Outside a clone ``labels/codebook.yaml`` is the one in the installed wheel.
    """
    path = Path(name)
    if path.exists():
        return path
    found = shipped(name)
    if not found.exists():
        raise InputError(f"{name}: no such file{nearest_path(path)}")
    return found
