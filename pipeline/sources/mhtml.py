"""MHTML files, as saved by Chrome and Edge ("web page, single file")."""

from __future__ import annotations

import re

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.raw import Raw

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_MULTIPART = re.compile(r"^(?:Content-Type:\s*multipart/|MIME-Version:)", re.I | re.M)


def is_mhtml(head: str) -> bool:
    """Whether a text begins with the headers of a multipart message."""
    return _HEADER.match(head) is not None and _MULTIPART.search(head[:8000]) is not None


def page_in(raw: Raw) -> str:
    """The HTML of the first page; raises InputError if there is none."""
    from email import policy
    from email.parser import BytesParser

    # The file includes the pictures of the page.
    limit = 4 * raw.settings.limits.page_megabytes << 20
    with raw.binary() as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(
            f"{raw.path}: a saved page of more than {limit >> 20} MB; "
            f"{limit_hint('page_megabytes')}"
        )
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(content)
        for part in message.walk():
            if part.get_content_type() in {"text/html", "application/xhtml+xml"}:
                payload = part.get_payload(decode=True)
                charset = part.get_content_charset() or "utf-8"
                if isinstance(payload, bytes):
                    return payload.decode(charset, "replace")
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{raw.path}: a damaged MHTML file ({error}); save the page as HTML"
        ) from error
    raise InputError(f"{raw.path}: an MHTML file without a page; save the page as HTML")
