"""The commands and their flags, as the parser itself knows them."""

from __future__ import annotations

from collections.abc import Iterator

from cyclopts import App

from pipeline.cli.app import app


def _walk(parent: App, above: tuple[str, ...] = ()) -> Iterator[tuple[str, App]]:
    for name, command in parent.resolved_commands().items():
        if name.startswith("-") or not command.show:
            continue
        words = (*above, name)
        if command.default_command is not None:
            yield " ".join(words), command
        yield from _walk(command, words)


_APPS = dict(_walk(app))
COMMANDS = list(_APPS)


def flags_of(command: str) -> set[str]:
    """Every flag that a command takes, in each of its spellings."""
    arguments = _APPS[command].assemble_argument_collection()
    return {name for argument in arguments for name in argument.names if name.startswith("-")}


def help_of(command: str) -> str:
    """Its description and its examples, as they are written."""
    found = _APPS[command]
    return f"{found.help}\n{found.help_epilogue or ''}"
