"""What the parser finds wrong, in one line that names the word and the nearest right one."""

from __future__ import annotations

from cyclopts import App
from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    ValidationError,
)

from pipeline.cli.usage import UsageError, shown
from pipeline.errors import did_you_mean


def usage_error(error: CycloptsError, app: App) -> UsageError:
    """The parser's error as ours."""
    command = " ".join(error.command_chain or ())
    error.verbose = False
    return UsageError(command, _message(error, command, app))


def which_of(command: str, group: App) -> UsageError:
    """That a group of commands was named and none of its commands."""
    return UsageError(command, f"which of {', '.join(names(group))}?")


def names(group: App) -> list[str]:
    """The commands of an app, without flags and hidden ones."""
    found = [name for name in group if not name.startswith("-") and group[name].show]
    return sorted(found)


def _message(error: CycloptsError, command: str, app: App) -> str:
    if isinstance(error, UnknownCommandError) and error.unused_tokens:
        word, group = error.unused_tokens[0], error.app or app
        return f"unknown command {shown(word)!r}{did_you_mean(word, names(group))}"
    if isinstance(error, UnknownOptionError):
        flag = (error.token.keyword or error.token.value).partition("=")[0]
        known = sorted({n for a in error.argument_collection for n in a.names if n[0] == "-"})
        if not command:
            return f"{shown(flag)} before the command; flags come after it{_hint(flag, known)}"
        return f"takes no {shown(flag)}{_hint(flag, known)}"
    if isinstance(error, RepeatArgumentError):
        return f"{error.token.keyword} is given twice"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        spelt = [name for name in error.argument.names if name.startswith("-")]
        flag = min(spelt, key=len) if spelt else error.argument.name
        if error.keyword is not None:
            return f"{flag} needs a value; see `rhetoric {command} --help`"
        return f"{flag} is missing; see `rhetoric {command} --help`"
    if isinstance(error, CoercionError | ValidationError) and error.argument is not None:
        return _value(error, command)
    return " ".join(str(error).split())


def _value(error: CoercionError | ValidationError, command: str) -> str:
    argument = error.argument
    assert argument is not None
    typed = shown(argument.tokens[0].value) if argument.tokens else ""
    choices = getattr(argument.hint, "__args__", ())
    if choices and all(isinstance(choice, str) for choice in choices):
        return f"{argument.name} {typed!r}{did_you_mean(typed, list(choices))}"
    if argument.name == "--limit":
        return f"--limit {typed!r} is not a number from 1"
    return f"{argument.name} {typed!r}: {' '.join(str(error).split())}"


def _hint(flag: str, known: list[str]) -> str:
    return did_you_mean(flag, [*known, "--help"])
