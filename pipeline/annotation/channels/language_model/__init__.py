"""A language model as a coder, through any OpenAI-compatible API.

:func:`ask` requests the missing answers, :func:`lines` turns answers into annotation lines,
:func:`register` adds the model to ``coders.yaml``.
"""

from pipeline.annotation.channels.language_model.asking import Plan, Run, ask, check, plan
from pipeline.annotation.channels.language_model.coding import check_coder, lines, register
from pipeline.annotation.channels.language_model.endpoint import KEY, on_this_machine
from pipeline.annotation.channels.language_model.settings import Settings

__all__ = [
    "KEY",
    "Plan",
    "Run",
    "Settings",
    "ask",
    "check",
    "check_coder",
    "lines",
    "on_this_machine",
    "plan",
    "register",
]
