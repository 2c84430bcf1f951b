"""Detection of boilerplate lines."""

from __future__ import annotations

import pytest

from pipeline.text.boilerplate import is_list_title, reason_to_drop

POINTERS = [
    "Read in full", "👉 Read in full", "📄 Full text", "Read the full statement", "Watch live",
    "Read more on our website", "More details here", "Subscribe to our channel",
    "Follow us on X | VK", "Media is too big", "Photo: A. Keeper", "Читать полностью",
    "Подробнее по ссылке", "Полный текст выступления", "Фото: пресс-служба",
    "Подписывайтесь на наш канал!", "Смотреть в Telegram", "📲 Наш канал в MAX",
]  # fmt: skip
STATEMENTS = [
    "Read the treaty before you speak of it", "Share of oil rose to half", "More than ever",
    "Join us in celebrating Harbour Day", "Details of the talks were agreed",
    "Подписано соглашение о сотрудничестве", "Смотритель зажёг лампу", "#LIVE: the lamp is lit",
    "Watching the sea is our duty", "@keeper lit the lamp", "See you at the cape",
    "The keeper answers questions of the crews here: https://lamp.example",
]  # fmt: skip


@pytest.mark.parametrize("line", POINTERS)
def test_pointers_and_calls_to_subscribe_are_boilerplate(line: str) -> None:
    assert reason_to_drop(line) == "boilerplate"


@pytest.mark.parametrize("line", STATEMENTS)
def test_statements_are_not_boilerplate(line: str) -> None:
    assert reason_to_drop(line) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("https://lamp.example/a?b=c", "link_only"),
        ("t.me/lamp_embassy", "link_only"),
        ("Registration: https://lamp.example/r", "link_only"),
        ("🔗 https://lamp.example #lamp", "link_only"),
        ("#lamp #cape @keeper", "hashtags"),
        ("***", "no_words"),
        ("🇷🇺🇨🇳", "no_words"),
        ("<...>", "no_words"),
    ],
)
def test_lines_of_links_tags_or_symbols_have_a_reason(line: str, reason: str) -> None:
    assert reason_to_drop(line) == reason


def test_a_long_line_is_never_boilerplate() -> None:
    assert reason_to_drop("Read in full " + "x" * 160) is None


def test_list_titles_are_distinguished_from_introductions_with_content() -> None:
    assert is_list_title("🎙 Key points:")
    assert is_list_title("Главное:")
    assert not is_list_title("The keeper's key points about the lamp:")
    assert not is_list_title("Посольство заявляет:")
