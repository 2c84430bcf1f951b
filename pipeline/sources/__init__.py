"""Files of any collector → posts.

Files are recognised by their content and streamed. Reading gives two tables: the posts, and the
dropped records with reasons. `recognise.py` chooses the reader; each kind has its own module.
"""

from pipeline.sources.copies import latest
from pipeline.sources.limits import Limits
from pipeline.sources.paths import expand
from pipeline.sources.preview import Preview, preview
from pipeline.sources.reading import read, read_all
from pipeline.sources.records import Batch

__all__ = ["Batch", "Limits", "Preview", "expand", "latest", "preview", "read", "read_all"]
