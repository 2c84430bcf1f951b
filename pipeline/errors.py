"""The error for user mistakes: a one-line message that says how to fix them."""


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
