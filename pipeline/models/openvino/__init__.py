"""A trained classifier's encoder converted to 8-bit integers for OpenVINO.

It is converted once after training, stored with the original weights, and used only if its
decisions agree with theirs (``parity.py``).
"""

from pipeline.models.openvino.conversion import Conversion, ConversionError, convert, with_graphs
from pipeline.models.openvino.parity import Parity

__all__ = ["Conversion", "ConversionError", "Parity", "convert", "with_graphs"]
