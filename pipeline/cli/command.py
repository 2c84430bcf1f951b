"""One way in which every command presents itself."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, Group, Parameter

from pipeline.cli.takes import Takes

# No --no-restart beside --restart, and no defaults in the help, which say nothing here.
FLAGS = Parameter(negative=(), show_default=False)


def command(takes: Takes, usage: str, help: str, examples: Sequence[str]) -> App:
    """The app of a command: its first line of help stands in the list of commands too."""
    first, _, more = help.strip().partition("\n\n")
    parts = [" ".join(paragraph.split()) for paragraph in more.split("\n\n") if paragraph]
    if takes.settings:
        parts.append(f"Settings (key=value): {', '.join(takes.settings)}")
    parts.append("\n".join(["Examples:", *(f"  {line}" for line in examples)]))
    return App(
        name=takes.command.rpartition(" ")[2],
        help=" ".join(first.split()),
        usage=f"Usage: rhetoric {takes.command} {usage}",
        default_parameter=FLAGS,
        help_epilogue="\n" + "\n\n".join(parts),
    )


def group(name: str, help: str) -> App:
    """A command of commands."""
    return App(name=name, help=help, group_commands=Group("Commands"))
