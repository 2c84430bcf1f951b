"""Families of near-duplicates are exact and independent of row order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.near_duplicates import Distinct, families

WORDS = [
    "lamp",
    "ship",
    "keeper",
    "cape",
    "fog",
    "bell",
    "night",
    "signal",
    "harbour",
    "crew",
    "wind",
    "south",
    "dusk",
    "morning",
]


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words))


def changed(rng: random.Random, text: str) -> str:
    words = text.split()
    words[rng.randrange(len(words))] = "changed"
    return " ".join(words)


def corpus(rng: random.Random) -> list[str]:
    base = [sentence(rng, rng.randint(1, 30)) for _ in range(80)]
    return base + [changed(rng, text) for text in base[:60] for _ in range(2)]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.casefold().split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def brute_force(texts: list[str], similarity: float) -> list[int]:
    """Compare every pair and spread labels until nothing changes; returns the number of the first
    member of each text's family."""
    label = list(range(len(texts)))
    sets = [shingles(text) for text in texts]
    moved = True
    while moved:
        moved = False
        for i in range(len(texts)):
            for j in range(i):
                union = sets[i] | sets[j]
                alike = bool(union) and len(sets[i] & sets[j]) / len(union) >= similarity
                if (alike or texts[i] == texts[j]) and label[i] != label[j]:
                    label[i] = label[j] = min(label[i], label[j])
                    moved = True
    return label


def partition(labels: list[str] | list[int]) -> set[frozenset[int]]:
    members: dict[object, set[int]] = {}
    for row, label in enumerate(labels):
        members.setdefault(label, set()).add(row)
    return {frozenset(rows) for rows in members.values()}


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_families_equal_those_from_comparing_every_pair(similarity: float) -> None:
    texts = corpus(random.Random(3))
    found = partition(families(texts, similarity=similarity))
    assert found == partition(brute_force(texts, similarity))
    assert any(len(family) > 2 for family in found)


def test_ids_do_not_depend_on_order_repetition_or_unrelated_texts() -> None:
    rng = random.Random(5)
    texts = corpus(rng)
    ids = dict(zip(texts, families(texts, similarity=0.7), strict=True))
    shuffled = [*texts, *texts[:40]]
    rng.shuffle(shuffled)
    assert families(shuffled, similarity=0.7) == [ids[text] for text in shuffled]
    family = [text for text in texts if ids[text] == ids[texts[0]]]
    assert set(families(family, similarity=0.7)) == {ids[texts[0]]}


def test_case_white_space_and_invisible_characters_are_ignored() -> None:
    ids = families(["The lamp", "the  LAMP", "The\u200b lamp ", "The lamps"], similarity=0.7)
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]


def test_texts_shorter_than_a_shingle_match_only_their_own_copies() -> None:
    assert len(set(families(["dear all", "dear all,", "dear", "all dear"], similarity=0.1))) == 4


def test_one_changed_word_in_a_long_text_stays_in_the_family() -> None:
    # 30 words give 28 shingles; one changed inner word affects 3, so 25 of 31 are shared: 0.81.
    text = " ".join(f"word{i}" for i in range(30))
    near = text.replace("word15", "other")
    assert len(set(families([text, near], similarity=0.8))) == 1
    assert len(set(families([text, near], similarity=0.82))) == 2


def test_a_chain_of_changes_is_one_family() -> None:
    rng = random.Random(7)
    chain = [sentence(rng, 40)]
    while len(chain) < 30:
        chain.append(changed(rng, chain[-1]))
    assert len(set(families(chain, similarity=0.7))) == 1


def test_many_copies_of_a_template_are_joined_in_reasonable_time() -> None:
    text = "The keeper of the lighthouse on the cape greets the crew of ship number {} tonight"
    copies = [text.format(number) for number in range(3000)]
    assert len(set(families(copies, similarity=0.5))) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8), st.floats(0.1, 1.0))
def test_any_texts_have_families_and_equal_texts_share_one(
    texts: list[str], similarity: float
) -> None:
    ids = families([*texts, *texts], similarity=similarity)
    assert ids[: len(texts)] == ids[len(texts) :]
    assert families([], similarity=similarity) == []


def test_only_the_first_of_several_near_duplicates_is_distinct() -> None:
    text = "The keeper of the lighthouse on the cape greets the crew of ship number {} tonight"
    seen = Distinct(0.5)
    assert [seen.add(t) for t in (text.format(1), text.format(2), "Fog again.", "FOG again.")] == [
        True, False, True, False,
    ]  # fmt: skip


@given(st.lists(st.text(max_size=40), max_size=8))
def test_no_text_is_distinct_from_itself(texts: list[str]) -> None:
    seen = Distinct(1.0)
    for text in texts:
        seen.add(text)
        assert not seen.add(text)
