"""Engines: interchangeable ways of running a model.

The reference is the classifier as trained. A faster engine must give the same decisions, within the
limits of ``models.openvino.parity``.
"""

from pipeline.scoring.engines.choice import Chosen, choose
from pipeline.scoring.engines.contract import Engine
from pipeline.scoring.engines.fitted import FittedEngine

__all__ = ["Chosen", "Engine", "FittedEngine", "choose"]
