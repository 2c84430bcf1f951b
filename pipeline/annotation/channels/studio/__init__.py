"""Label Studio: a queue goes into a project whose page is made from the codebook, and back.

:func:`push` and :func:`pull` talk to a server; :func:`read` takes a JSON file that somebody
exported by hand, and
:func:`tasks_of` makes one to be imported by hand. All end in the same lines.
"""

from pipeline.annotation.channels.studio.exchange import Pushed, Suggest, pull, push
from pipeline.annotation.channels.studio.exported import Exported, People, read
from pipeline.annotation.channels.studio.labelling import page as interface
from pipeline.annotation.channels.studio.server import TOKEN, LabelStudio, token
from pipeline.annotation.channels.studio.tasks import tasks_of

__all__ = [
    "TOKEN",
    "Exported",
    "LabelStudio",
    "People",
    "Pushed",
    "Suggest",
    "interface",
    "pull",
    "push",
    "read",
    "tasks_of",
    "token",
]
