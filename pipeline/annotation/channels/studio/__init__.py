"""Label Studio: a queue goes into a project whose page is made from the codebook, and back.

:func:`push` and :func:`pull` talk to a server; :func:`read` takes a JSON file that somebody
exported by hand. All end in the same lines.
"""

from pipeline.annotation.channels.studio.exchange import Pushed, Suggest, pull, push
from pipeline.annotation.channels.studio.exported import Exported, People, read
from pipeline.annotation.channels.studio.server import TOKEN, LabelStudio, token

__all__ = [
    "TOKEN",
    "Exported",
    "LabelStudio",
    "People",
    "Pushed",
    "Suggest",
    "pull",
    "push",
    "read",
    "token",
]
