"""Untrusted JSON and YAML are either parsed or refused with a readable message."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io.parsing import json_value, yaml_value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_json_survives_a_round_trip(value: object, escaped: bool) -> None:
    assert json_value(json.dumps(value, ensure_ascii=escaped), keys_once=True) == value


@given(st.text(st.characters()))
def test_every_parsed_value_can_be_encoded_as_utf8(text: str) -> None:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    read = json_value(json.dumps({text: [text]}))
    assert json.dumps(read, ensure_ascii=False).encode()
    if whole == text:
        assert read == {text: [text]}


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert json_value(r'{"a\udc00": "x \ud800 \ud83d\ude00"}') == {"a\ufffd": "x \ufffd 😀"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": ]', "not JSON: Expecting value at character 7"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": ' + "1" * 5000 + "}", "a number with 5000 digits; put it in quotes"),
        ('{"a": 1, "a": 2}', "duplicate key 'a'"),
    ],
)
def test_unreadable_json_is_refused_with_a_readable_message(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        json_value(text, keys_once=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("since: 2026-02-30", r"number \(day is out of range for month\); put it in quotes"),
        ("id: " + "1" * 5000, "put it in quotes"),
        ("at: !!timestamp soon", "put it in quotes"),
        ("a: [", "not valid YAML: while parsing"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_unreadable_yaml_is_refused_with_a_readable_message(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        yaml_value(text)
