"""JSON and YAML that others wrote → their values, or ``ValueError`` that says what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

# Far beyond every id and time; Python itself refuses to read some thousand digits.
_MOST_DIGITS = 100
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def json_value(text: str, *, keys_once: bool = False) -> Any:
    """The value of a JSON text; with ``keys_once`` a key that stands twice is a mistake.

    Half a character (a surrogate without its other half), which no file can hold in UTF-8,
    becomes U+FFFD.
    """
    decoder = _KEYS_ONCE if keys_once else _PLAIN
    try:
        value = decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            written = json.dumps(value, ensure_ascii=False)
            if _HALF_CHARACTER.search(written):
                value = json.loads(_HALF_CHARACTER.sub("\ufffd", written))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("not JSON that anybody reads: nested too deeply") from error
    return value


def yaml_value(content: str | bytes) -> Any:
    """The value of a YAML text, in which a date that is none is a mistake too."""
    import yaml

    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ValueError("not valid YAML: nested too deeply") from error
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError(
            f"not valid YAML: what looks like a date or a number is none ({error}); "
            "put it in quotes"
        ) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return row


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits; put it in quotes if it is an id")
    return int(digits)


_PLAIN = json.JSONDecoder(parse_int=_whole)
_KEYS_ONCE = json.JSONDecoder(parse_int=_whole, object_pairs_hook=_unique)
