"""Language detection for texts, and for paragraphs within their posts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.languages import detect, detect_in_posts

ENGLISH = "The keeper of the lighthouse lit the lamp and waited for the ships to come home."
RUSSIAN = "Смотритель маяка зажёг лампу и ждал, когда корабли вернутся домой из плавания."


def test_languages_have_two_letter_codes() -> None:
    texts = [
        ENGLISH,
        RUSSIAN,
        "Le gardien du phare a allumé la lampe et attend le retour des navires.",
        "Доглядач маяка запалив лампу і чекав, коли кораблі повернуться додому з моря.",
        "أضاء حارس المنارة المصباح وانتظر عودة السفن إلى الوطن.",
    ]
    assert detect(texts) == ["en", "ru", "fr", "uk", "ar"]


def test_text_in_capitals_is_detected() -> None:
    assert detect([ENGLISH.upper(), RUSSIAN.upper()]) == ["en", "ru"]


def test_links_and_tags_are_ignored() -> None:
    assert detect([f"https://lamp.example/the-long-english-name #LampAndSea {RUSSIAN}"]) == ["ru"]


def test_text_with_fewer_than_three_letters_is_undetermined() -> None:
    assert detect(["", "🔹", "12 345", "—", "a1", "https://lamp.example"]) == ["und"] * 6


def test_letters_that_a_neighbouring_language_lacks_indicate_russian() -> None:
    # Bulgarian lacks ы and э; Ukrainian lacks ы, э, ъ and ё.
    assert set(detect(["Этот выбор мы сделали", "Подъём флага", "Мы — за мир"])) == {"ru"}


def test_an_uncertain_paragraph_takes_the_language_of_its_post() -> None:
    short = "Слава смотрителям"
    assert detect_in_posts([RUSSIAN, short, RUSSIAN], [0, 0, 0]) == ["ru", "ru", "ru"]
    assert detect_in_posts([ENGLISH, "Bon vent", ENGLISH], [0, 0, 0]) == ["en", "en", "en"]


def test_a_paragraph_in_another_script_keeps_its_own_language() -> None:
    assert detect_in_posts([ENGLISH, "Спасибо за внимание"], [0, 0]) == ["en", "ru"]


def test_cyrillic_text_with_letters_outside_russian_is_not_taken_for_russian() -> None:
    ukrainian = "Доглядач маяка чекає на кораблі, що їдуть додому."
    assert detect_in_posts([RUSSIAN, ukrainian], [0, 0]) == ["ru", "uk"]


def test_both_languages_of_a_bilingual_post_are_kept() -> None:
    assert detect_in_posts([RUSSIAN, ENGLISH], [0, 0]) == ["ru", "en"]


def test_posts_do_not_affect_each_other() -> None:
    together = detect_in_posts([RUSSIAN, "Bon vent", ENGLISH, "Ура!"], [0, 1, 2, 3])
    alone = [detect_in_posts([text], [0])[0] for text in (RUSSIAN, "Bon vent", ENGLISH, "Ура!")]
    assert together == alone


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_text_has_a_code(texts: list[str]) -> None:
    codes = detect(texts)
    assert len(codes) == len(texts)
    assert all(code == "und" or (len(code) == 2 and code.isalpha()) for code in codes)
