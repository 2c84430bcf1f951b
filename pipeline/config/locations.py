"""Locations of files shipped with the project."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, nearest_path

CODEBOOK = "labels/codebook.yaml"
# Where a project has its codebook if not in labels/; `rhetoric init` writes it there.
BESIDE_LABELS = "codebook.yaml"


def shipped(name: str) -> Path:
    """A file or folder shipped with the project, in the clone or inside the installed wheel."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "_shipped" / name
    return in_wheel if in_wheel.exists() else package.parent / name


def located(name: str) -> Path:
    """A path of the configuration, or the shipped file of that name where there is none here;
    raises InputError with the path as it was typed.

    Outside a clone ``labels/codebook.yaml`` is the one in the installed wheel, unless
    :func:`in_this_folder` finds another.
    """
    path = Path(name)
    if path.exists():
        return path
    found = shipped(name)
    if not found.exists():
        raise InputError(f"{name}: no such file{nearest_path(path)}")
    return found


def in_this_folder(codebook: str) -> str:
    """The default codebook as the working directory has it: ``codebook.yaml`` if there is no
    ``labels/codebook.yaml``. Other paths stay as they are."""
    if codebook == CODEBOOK and not Path(CODEBOOK).exists() and Path(BESIDE_LABELS).is_file():
        return BESIDE_LABELS
    return codebook


def not_of_this_folder(codebook: str) -> str | None:
    """A note that the shipped codebook is used because there is none here, and where one was
    looked for; None if the folder has its own."""
    if codebook != CODEBOOK or Path(CODEBOOK).exists():
        return None
    return (
        f"no {BESIDE_LABELS} or {CODEBOOK} in {Path.cwd()}, so the codebook that comes with "
        "rhetoric is used; `rhetoric init FOLDER` starts a project with its own"
    )
