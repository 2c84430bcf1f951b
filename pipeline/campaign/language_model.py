"""``annotate ask``: a language model codes passages, and its answers are imported as a coder's."""

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
from pipeline.campaign.outgoing import QueueRequest, queue_for, refuse_to_settle
from pipeline.codebook import Codebook
from pipeline.config import Config, components
from pipeline.io.console import say, warn
from pipeline.io.progress import Progress, on_stderr


@dataclass(frozen=True)
class CoderFiles:
    """Paths of the coders' lines, the register of coders and the models' raw answers."""

    annotations: Path
    coders: Path
    answers: Path


def ask(
    items: Sequence[Item],
    coder: str,
    settings: Settings,
    codebook: Codebook,
    paths: CoderFiles,
    *,
    only_plan: bool = False,
    progress: Progress = on_stderr,
) -> tuple[Run, Imported] | None:
    """Request missing answers, register the coder, add its lines; None with ``only_plan``.

    Raises InputError before sending anything if the coder is registered with other settings.
    Answers before an interruption, or before the budget was used up, are imported too.
    """
    language_model.check(settings)
    registered = language_model.check_coder(coder, paths.coders, settings)
    for line in plan_lines(language_model.plan(items, codebook, settings, paths.answers), settings):
        warn(line)
    if only_plan:
        return None
    run, given = language_model.ask(items, codebook, settings, paths.answers, progress=progress)
    lines = list(language_model.lines(items, given, codebook, settings))
    if lines and not registered:
        language_model.register(coder, paths.coders, settings)
    imported = importing.add(lines, paths.annotations, coder, codebook)
    for line in summary(run):
        say(line)
    return run, imported


def ask_for(config: Config, wanted: QueueRequest, *, only_plan: bool) -> None:
    """:func:`ask` for the queue of a coder, with the settings of ``config.llm``."""
    labels = labels_of(config)
    queue = queue_for("annotate ask", config, labels, wanted)
    refuse_to_settle("annotate ask", queue)
    done = ask(
        queue.items,
        wanted.coder,
        components.language_model(config),
        labels.codebook,
        CoderFiles(labels.annotations, labels.coders, Path(config.llm.answers)),
        only_plan=only_plan,
    )
    if done is not None:
        _, imported = done
        say(f"{imported.added} answers added, {imported.held_back} held back")


def plan_lines(plan: Plan, settings: Settings) -> list[str]:
    """The plan as lines of text: what is sent where, and at what cost."""
    done = len(plan.tasks) - len(plan.waiting)
    lines = [
        f"{settings.model} at {settings.url}: {len(plan.waiting)} requests, "
        f"{done} answered before; at most {plan.tokens:,} tokens without retries; "
        f"budget: {_budget(settings)}"
    ]
    if plan.waiting and not language_model.on_this_machine(settings.url):
        lines.append(f"the passages leave this machine: they are sent to {settings.url}")
        if settings.url.startswith("http:"):
            lines.append("http: is not encrypted; others on the network can read passages and key")
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
    """The results of a run as lines of text."""
    lines = [
        f"{run.answered + run.done_before} of {run.tasks} answered, {run.incomplete} incomplete in "
        f"this run; {run.requests:,} requests, {run.tokens:,} tokens"
    ]
    lines += [f"{number} not answered: {reason}" for reason, number in run.failed.items()]
    if run.stopped is not None:
        lines.append(f"stopped: {run.stopped}; run the same command again to continue")
    return lines
