"""Media of messages in a Telegram Desktop export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.sources.rich_text import flat_text

# Key of a message → name of the medium; the first existing key counts.
_WORDS = {
    "poll": "poll",
    "photo": "photo",
    "file": "file",
    "location_information": "location",
    "contact_information": "contact",
    "invoice_information": "invoice",
    "giveaway_information": "giveaway",
    "giveaway_results": "giveaway",
    "game_title": "game",
    "todo_list": "todo_list",
    "paid_stars_amount": "paid",
    "live_location_period_seconds": "location",
    "place_name": "location",
    "dice_value": "dice",
}
_TEXTS = ("place_name", "address", "game_title", "game_description", "sticker_emoji", "file_name")
MEDIA_KEYS = frozenset({*_WORDS, *_TEXTS, "media_type", "performer"})


def media_of(message: Mapping[str, Any]) -> str | None:
    if isinstance(message.get("media_type"), str):
        return str(message["media_type"]).removesuffix("_file").removesuffix("_message")
    return next((word for key, word in _WORDS.items() if key in message), None)


def media_text(message: Mapping[str, Any]) -> str:
    """The text of a poll, a list, a place or a game in a message without text."""
    found: list[str] = []
    for key in ("poll", "todo_list"):
        poll = message.get(key)
        if isinstance(poll, Mapping):
            found += [flat_text(poll.get(name)) or "" for name in ("question", "title")]
            answers = poll.get("answers")
            for answer in answers if isinstance(answers, list) else []:
                text = answer.get("text") if isinstance(answer, Mapping) else answer
                found.append(flat_text(text) or "")
    found += [value for key in _TEXTS if isinstance(value := message.get(key), str)]
    return "\n".join(line for line in found if line.strip())
