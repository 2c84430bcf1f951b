from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation.channels.page import Queue, queue
from pipeline.codebook import Codebook
from pipeline.errors import InputError


def rows(posts: int = 20, each: int = 3) -> list[dict[str, Any]]:
    return [
        {"passage_id": f"{post:08d}{i:08d}", "text": f"text {post} {i}", "opening": None,
         "before": "", "language": "en", "post": f"post {post}", "position": i}
        for post in range(posts) for i in range(each)
    ]  # fmt: skip


def ids(found: Queue) -> list[str]:
    return [item.passage_id for item in found.items]


def test_posts_stay_whole_and_each_coder_has_an_order_of_their_own(
    small_codebook: Codebook,
) -> None:
    anna, again = (queue(rows(), small_codebook, "anna") for _ in range(2))
    boris = queue(reversed(rows()), small_codebook, "boris")
    assert anna == again
    assert ids(anna) != ids(boris)
    assert sorted(ids(anna)) == sorted(ids(boris))
    for found in (anna, boris):
        texts = [item.text.split() for item in found.items]
        for start in range(0, 60, 3):
            assert [i for _, _, i in texts[start : start + 3]] == ["0", "1", "2"]
            assert len({post for _, post, _ in texts[start : start + 3]}) == 1


def test_what_is_done_and_what_stands_twice_is_left_out(small_codebook: Codebook) -> None:
    twice = [*rows(2), *rows(2)]
    found = queue(twice, small_codebook, "anna", done={twice[0]["passage_id"]})
    assert set(ids(found)) == {row["passage_id"] for row in twice[1:6]}
    assert len(found.items) == 5


def test_with_open_questions_only_their_passages_are_asked(small_codebook: Codebook) -> None:
    some = rows(2)
    found = queue(some, small_codebook, "anna", asked={some[4]["passage_id"]: ["stance:town"]})
    assert ids(found) == [some[4]["passage_id"]]
    assert found.items[0].asked == ("stance:town",)


def test_the_digest_knows_passages_questions_and_limit(small_codebook: Codebook) -> None:
    some = rows(2)
    every = {row["passage_id"]: ["rain"] for row in some}
    digests = {
        queue(some, small_codebook, "anna").digest,
        queue(some, small_codebook, "anna", limit=3).digest,
        queue(some, small_codebook, "anna", asked=every).digest,
    }
    assert len(digests) == 3


def test_characters_that_turn_text_around_are_gone(small_codebook: Codebook) -> None:
    row = rows(1, 1)[0] | {"text": "abc\u202edef\u2066", "before": "x\u202ey"}
    [item] = queue([row], small_codebook, "anna").items
    assert (item.text, item.before) == ("abcdef", "xy")


@pytest.mark.parametrize("coder", ["Anna", "../anna", "", "анна"])
def test_a_coder_has_a_pseudonym(coder: str, small_codebook: Codebook) -> None:
    with pytest.raises(InputError, match="pseudonym"):
        queue(rows(), small_codebook, coder)
