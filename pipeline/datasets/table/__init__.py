"""A user's labelled table (CSV, TSV, JSONL, JSON, Parquet, Arrow) in place of ``labels/``.

Each row is a passage with its answers and optionally its fold. Reading gives the same tables that
``labels/`` gives, so another codebook and corpus run through the same stages.
"""

from pipeline.datasets.table.arrow import saved_dataset
from pipeline.datasets.table.layout import FIELDS, Layout
from pipeline.datasets.table.reading import LabeledTable, read

__all__ = ["FIELDS", "LabeledTable", "Layout", "read", "saved_dataset"]
