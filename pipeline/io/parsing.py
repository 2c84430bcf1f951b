"""Parses untrusted JSON and YAML; raises ``ValueError`` with a message that says what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

# Far more than any id or timestamp has; Python itself fails at a few thousand digits.
_MOST_DIGITS = 100
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_value(text: str, *, keys_once: bool = False) -> Any:
    """The value of a JSON text; with ``keys_once``, duplicate keys are an error.

    A lone surrogate, which UTF-8 cannot encode, becomes U+FFFD.
    """
    decoder = _KEYS_ONCE if keys_once else _PLAIN
    try:
        value = decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            written = json.dumps(value, ensure_ascii=False)
            if _SURROGATE.search(written):
                value = json.loads(_SURROGATE.sub("\ufffd", written))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("not valid JSON: nested too deeply") from error
    return value


def yaml_value(content: str | bytes) -> Any:
    """The value of a YAML text; an impossible date is an error too."""
    import yaml

    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ValueError("not valid YAML: nested too deeply") from error
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError(
            f"not valid YAML: invalid date or number ({error}); put it in quotes if it is text"
        ) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
        raise ValueError(f"duplicate key {twice!r}")
    return row


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number with {len(digits)} digits; put it in quotes if it is an id")
    return int(digits)


_PLAIN = json.JSONDecoder(parse_int=_whole)
_KEYS_ONCE = json.JSONDecoder(parse_int=_whole, object_pairs_hook=_unique)
