"""The one place where a command line begins and where its errors end.

Exit codes: 0 done; 1 something in the data or on the machine is wrong; 2 a word of the command
line is wrong; 3 a fault of ours; 130 Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from cyclopts import CycloptsError

from pipeline.cli.app import app
from pipeline.cli.complaints import usage_error, which_of
from pipeline.cli.takes import LITERAL
from pipeline.cli.usage import UsageError, shown
from pipeline.errors import InputError
from pipeline.io.console import warn

MISTAKE, USAGE, FAULT = 1, 2, 3
INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C ended


def run(argv: Sequence[str]) -> int:
    """Run one command; every error becomes one line on standard error and an exit code."""
    try:
        return _perform(argv)
    except UsageError as error:
        command = f"rhetoric {error.command}".strip()
        warn(f"{command}: {error}")
        return USAGE
    except InputError as error:
        warn(f"rhetoric: {error}")
        return MISTAKE
    except KeyboardInterrupt as error:
        warn("rhetoric: interrupted" + (f"; {error}" if str(error) else ""))
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISTAKE
    except Exception as error:  # noqa: BLE001 whatever it is, it is told in one line
        reason = _of_the_machine(error)
        if reason is None:
            return _fault(error)
        warn(f"rhetoric: {reason}")
        return MISTAKE


def _perform(argv: Sequence[str]) -> int:
    tokens = _marked(argv)
    try:
        chain, apps, unused = app.parse_commands(tokens)
        if len(apps) > 1 and apps[-1].default_command is None and not unused:
            raise which_of(" ".join(chain), apps[-1])
        code = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise usage_error(error, app) from error
    return code if isinstance(code, int) else 0


def _marked(argv: Sequence[str]) -> list[str]:
    """With the words after ``--`` marked as files; the parser sees no ``--``."""
    words = list(argv)
    if "--" not in words:
        return words
    at = words.index("--")
    return words[:at] + [LITERAL + word for word in words[at + 1 :]]


def _of_the_machine(error: Exception) -> str | None:
    """What the system says of a file or disk; None for other errors.

    Libraries wrap a full or read-only disk in exceptions of their own, whose text still names it.
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{shown(str(error.filename))}: {error.strerror}"
    for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
        told = os.strerror(number)
        if told in str(error) or (isinstance(error, OSError) and error.errno == number):
            return f"{told}; nothing half written is kept"
    return None


def _fault(error: Exception) -> int:
    """Keep the traceback in a file, and say where."""
    kept = Path(tempfile.mkdtemp(prefix="rhetoric-")) / "traceback.txt"
    kept.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    warn(f"rhetoric: a fault of ours ({type(error).__name__}), please report it with {kept}")
    return FAULT
