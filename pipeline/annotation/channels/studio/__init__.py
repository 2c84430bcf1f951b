"""Label Studio as a channel: sends queues to projects, and reads annotations back.

:func:`push` and :func:`pull` use a server; :func:`tasks_of` makes a file to import by hand, and
:func:`read` reads a JSON file that was exported by hand.
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
