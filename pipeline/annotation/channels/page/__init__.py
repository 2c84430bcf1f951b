"""A single-file annotation page for one coder.

The page works without a server or network, for example from a mail attachment. :func:`read` reads
the file of answers that it saves.
"""

from pipeline.annotation.channels.page.builder import render
from pipeline.annotation.channels.page.queue import Item, Queue, queue
from pipeline.annotation.channels.page.returned import read

__all__ = ["Item", "Queue", "queue", "read", "render"]
