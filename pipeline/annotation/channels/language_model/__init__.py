"""A language model as a coder: asked by the codebook, checked, recorded as what it is.

Any server with an OpenAI-compatible API will do. :func:`ask` asks what has not been asked yet,
:func:`lines` turns the answers into annotation lines, :func:`register` says who gave them.
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
