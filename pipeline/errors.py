"""The error for user mistakes: a one-line message that says how to fix them."""

from pathlib import Path


class InputError(Exception):
    """Invalid user input; the message is shown unchanged, without a traceback.

    A message says where the error is (file, line or row), what is wrong, what is allowed, and the
    next step, e.g. ``labels/annotations/anna.jsonl:17: unknown frame 'sovereignity'; did you mean
    'sovereignty_claims'?``
    """


def did_you_mean(word: str, known: list[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, else a list of the allowed words."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; allowed: {', '.join(sorted(known))}"


def nearest_path(path: Path) -> str:
    """``"; did you mean 'result.json'?"`` for a file of nearly the same name in the same folder."""
    import difflib

    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return ""
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.8)
    return f"; did you mean {str(path.with_name(near[0]))!r}?" if near else ""
