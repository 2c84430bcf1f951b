"""Files of any collector → posts.

Every kind of file is recognised by its content, streamed, and answers with two tables: the posts,
and what was dropped with the reason. A kind is one module with one function; `recognise.py` knows
them all.
"""

from pipeline.sources.copies import latest
from pipeline.sources.limits import Limits
from pipeline.sources.paths import expand
from pipeline.sources.preview import Preview, preview
from pipeline.sources.reading import read, read_all
from pipeline.sources.records import Batch

__all__ = ["Batch", "Limits", "Preview", "expand", "latest", "preview", "read", "read_all"]
