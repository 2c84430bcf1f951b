"""A report on the agreement between coders, as a single HTML page for the lead."""

from pipeline.annotation.review.page import render

__all__ = ["render"]
