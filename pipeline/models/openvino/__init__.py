"""The encoder of a trained classifier once more, in 8-bit integers for OpenVINO.

Converted once after training and kept beside the weights it came from; accepted only if it decides
as they do (``parity.py``).
"""

from pipeline.models.openvino.conversion import Conversion, ConversionError, convert, with_graphs
from pipeline.models.openvino.parity import Parity

__all__ = ["Conversion", "ConversionError", "Parity", "convert", "with_graphs"]
