"""How coders agree, as one HTML page for the lead of an annotation."""

from pipeline.annotation.review.page import render

__all__ = ["render"]
