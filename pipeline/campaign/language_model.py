"""``annotate ask``: a language model codes what waits; its answers are taken in as a coder's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotation import importing
from pipeline.annotation.channels import language_model
from pipeline.annotation.channels.language_model import Plan, Run, Settings
from pipeline.annotation.channels.page.queue import Item
from pipeline.annotation.importing import Imported
from pipeline.campaign.folder import labels_of
from pipeline.campaign.outgoing import Wanted, queue_for, refuse_to_settle
from pipeline.codebook import Codebook
from pipeline.config import Config, components
from pipeline.io.console import say, warn
from pipeline.io.progress import Progress, on_stderr


@dataclass(frozen=True)
class Kept:
    """Where a coder's lines, the register of coders and a model's raw answers are kept."""

    annotations: Path
    coders: Path
    answers: Path


def ask(
    items: Sequence[Item],
    coder: str,
    settings: Settings,
    codebook: Codebook,
    kept: Kept,
    *,
    only_plan: bool = False,
    progress: Progress = on_stderr,
) -> tuple[Run, Imported] | None:
    """Ask what has not been asked, register the coder, add its lines; None with ``only_plan``.

    Nothing is sent where the coder is registered as somebody else. What was answered before an
    interruption, or before the budget was used up, is taken in too.
    """
    language_model.check(settings)
    registered = language_model.check_coder(coder, kept.coders, settings)
    for line in told(language_model.plan(items, codebook, settings, kept.answers), settings):
        warn(line)
    if only_plan:
        return None
    run, given = language_model.ask(items, codebook, settings, kept.answers, progress=progress)
    lines = list(language_model.lines(items, given, codebook, settings))
    if lines and not registered:
        language_model.register(coder, kept.coders, settings)
    taken = importing.add(lines, kept.annotations, coder, codebook)
    for line in summary(run):
        say(line)
    return run, taken


def ask_for(config: Config, wanted: Wanted, *, only_plan: bool) -> None:
    """:func:`ask` for what waits for a coder, with the settings of ``config.llm``."""
    labels = labels_of(config)
    queue = queue_for("annotate ask", config, labels, wanted)
    refuse_to_settle("annotate ask", queue)
    done = ask(
        queue.items,
        wanted.coder,
        components.language_model(config),
        labels.codebook,
        Kept(labels.annotations, labels.coders, Path(config.llm.answers)),
        only_plan=only_plan,
    )
    if done is not None:
        _, taken = done
        say(f"{taken.added} answers added, {taken.held_back} held back")


def told(plan: Plan, settings: Settings) -> list[str]:
    """What is about to be sent where, at which cost, before it starts."""
    done = len(plan.tasks) - len(plan.waiting)
    lines = [
        f"{settings.model} at {settings.url}: {len(plan.waiting)} requests, "
        f"{done} answered before; at most {plan.tokens:,} tokens unless answers must be asked for "
        f"again; budget: {_budget(settings)}"
    ]
    if plan.waiting and not language_model.on_this_machine(settings.url):
        lines.append(f"the passages leave this machine: they are sent to {settings.url}")
        if settings.url.startswith("http:"):
            lines.append("http: is not encrypted; whoever is on the way reads passages and key")
    return lines


def _budget(settings: Settings) -> str:
    parts = [
        f"{most:,} {what}"
        for most, what in (
            (settings.most_requests, "requests"),
            (settings.most_tokens, "tokens"),
        )
        if most is not None
    ]
    return " and ".join(parts) if parts else "none (llm.limit.requests, llm.limit.tokens)"


def summary(run: Run) -> list[str]:
    """What a run did, and what is left."""
    lines = [
        f"{run.answered + run.done_before} of {run.tasks} answered, {run.incomplete} of them now "
        f"without all questions; {run.requests:,} requests, {run.tokens:,} tokens"
    ]
    lines += [f"{number} not answered: {reason}" for reason, number in run.failed.items()]
    if run.stopped is not None:
        lines.append(f"stopped: {run.stopped}; the same command goes on from here")
    return lines
