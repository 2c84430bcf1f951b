"""A page that is one file: a queue of passages goes out to a coder, a file of answers comes back.

The page needs no server and no network; it opens from a mail attachment. What it saves is taken
in by :func:`read`.
"""

from pipeline.annotation.channels.page.builder import render
from pipeline.annotation.channels.page.queue import Item, Queue, queue
from pipeline.annotation.channels.page.returned import read

__all__ = ["Item", "Queue", "queue", "read", "render"]
