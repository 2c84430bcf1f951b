"""What `rhetoric init` writes: complete, valid, and nothing where something is already."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from pipeline import codebook as codebooks
from pipeline.annotation import coders
from pipeline.codebook import checking
from pipeline.config import shipped
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.scaffold import new_project
from pipeline.splits.frozen import read_frozen
from tests.cli.commands import COMMANDS
from tests.test_docs import commands_in, taken

ROOT = Path(__file__).parents[2]


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_gets_codebook_labels_stages_and_a_readme(tmp_path: Path) -> None:
    folder = tmp_path / "housing"
    new_project.start(folder)
    assert names_in(folder) == {
        "codebook.yaml", "README.md", ".gitignore", ".gitattributes", "dvc.yaml",
        ".dvc/config", ".dvc/.gitignore", "labels/coders.yaml", "labels/test_passages.txt",
        "labels/annotations/.gitkeep", "labels/texts/.gitkeep", "labels/hydrated/.gitignore",
    }  # fmt: skip
    assert coders.read(folder / "labels/coders.yaml") == {}
    assert read_frozen(folder / "labels/test_passages.txt") == frozenset()


def test_the_first_codebook_has_two_frames_and_a_target_and_nothing_to_remark(
    tmp_path: Path,
) -> None:
    new_project.start(tmp_path / "new")
    book = codebooks.load(tmp_path / "new/codebook.yaml")
    assert (len(book.frames), len(book.targets)) == (2, 1)
    assert checking.check(book) == []


@pytest.mark.parametrize("source", new_project.sources())
def test_a_codebook_can_be_copied(source: str, tmp_path: Path) -> None:
    copied = new_project.start(tmp_path / "new", source)
    path = {"ours": "labels/codebook.yaml"}.get(source, f"configs/codebooks/{source}.yaml")
    assert (tmp_path / "new/codebook.yaml").read_bytes() == (ROOT / path).read_bytes()
    assert copied == codebooks.load(ROOT / path)


def test_there_are_two_codebooks_to_copy() -> None:
    assert new_project.sources() == ["ours", "gun_violence_news"]


def test_the_commands_of_the_readme_exist(tmp_path: Path) -> None:
    new_project.start(tmp_path / "new")
    found = commands_in((tmp_path / "new/README.md").read_text(encoding="utf-8"))
    assert len(found) >= 10
    assert {taken(words) for words in found if "--help" not in words} <= {*COMMANDS}


def test_the_stages_are_those_of_the_clone_without_its_code(tmp_path: Path) -> None:
    new_project.start(tmp_path / "new")
    ours = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    theirs = yaml.safe_load((tmp_path / "new/dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert [*theirs] == [*ours]
    kept = [name for stage in theirs.values() for name in stage["deps"]]
    assert kept
    assert not any(name.startswith("pipeline/") for name in kept)
    # What is neither a setting nor written by a stage is there from the beginning: else DVC stops.
    first = [name for name in kept if not name.startswith(("$", "build/"))]
    assert first
    assert all((tmp_path / "new" / name).exists() for name in first)


def test_an_empty_folder_under_git_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    new_project.start(tmp_path)
    assert (tmp_path / "codebook.yaml").is_file()


def test_a_folder_with_anything_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    for name in ("posts.jsonl", ".hidden"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"not empty, it holds posts\.jsonl and 1 more; nothing"):
        new_project.start(tmp_path)
    assert names_in(tmp_path) == {"posts.jsonl", ".hidden"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is a file; name a folder"):
        new_project.start(tmp_path / "x")


@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_leaves_nothing(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new"
    if there:
        (folder / ".git").mkdir(parents=True)
    write = files.write_text

    def full(path: Path, text: str) -> None:
        if path.name == "coders.yaml":
            raise OSError(28, "No space left on device", str(path))
        write(path, text)

    monkeypatch.setattr(files, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        new_project.start(folder)
    if there:
        assert [path.name for path in folder.iterdir()] == [".git"]
    else:
        assert not folder.exists()


def test_the_wheel_holds_what_is_read_from_the_clone() -> None:
    """Templates lie in the package; all that ``shipped`` is asked for is included by name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["pipeline"]
    included = wheel["force-include"]
    for name in ("configs", "labels/codebook.yaml", "dvc.yaml"):
        assert included[name] == f"pipeline/_shipped/{name}"
        assert shipped(name).exists()
    templates = {path.name for path in (ROOT / "pipeline/scaffold/templates").iterdir()}
    # A name that begins with a dot, or that git ignores, would be left out of the wheel.
    assert templates == {
        "README.md.j2", "codebook.yaml", "coders.yaml", "gitattributes", "gitignore"
    }  # fmt: skip
