"""What answers: one contract for every way of running a model.

The reference is the classifier as it was trained. A faster engine has to keep the contract and the
decisions.
"""

from pipeline.scoring.engines.choice import Chosen, choose
from pipeline.scoring.engines.contract import Engine
from pipeline.scoring.engines.fitted import FittedEngine

__all__ = ["Chosen", "Engine", "FittedEngine", "choose"]
