"""The page in an MHTML file, as Chrome and Edge save it ("web page, single file")."""

from __future__ import annotations

import re

from pipeline.errors import InputError
from pipeline.sources.limits import said
from pipeline.sources.raw import Raw

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_MULTIPART = re.compile(r"^(?:Content-Type:\s*multipart/|MIME-Version:)", re.I | re.M)


def is_mhtml(head: str) -> bool:
    """Whether a text begins as a message does, and says that it has parts."""
    return _HEADER.match(head) is not None and _MULTIPART.search(head[:8000]) is not None


def page_in(raw: Raw) -> str:
    """The HTML of the first page; raises InputError where there is none."""
    from email import policy
    from email.parser import BytesParser

    # Pictures lie beside the page.
    limit = 4 * raw.settings.limits.page_megabytes << 20
    with raw.binary() as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(
            f"{raw.path}: a saved page of more than {limit >> 20} MB; {said('page_megabytes')}"
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
    raise InputError(f"{raw.path}: an MHTML file without a page in it; save the page as HTML")
