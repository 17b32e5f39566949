"""Where the fields of a multipart/form-data body stand in its text (RFC 7578); files and their parts are not fields.

The standard library's e-mail parser gives values without their places, and a value has to be replaced where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from replayer.urltext import Span

_NAME = re.compile(r';\s*name="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_FILE = re.compile(r";\s*filename\*?=", re.IGNORECASE)
_DISPOSITION = re.compile(r"^content-disposition:\s*form-data(.*)$", re.IGNORECASE | re.MULTILINE)


def fields(body: str, boundary: str) -> Iterator[Span]:
    """The values of the fields, in order, with their names; of a body that keeps to no form, those before it fails."""
    mark = f"--{boundary}"
    at = body.find(mark)
    while at >= 0:
        head_at = at + len(mark)
        head_end = body.find("\r\n\r\n", head_at)
        at = body.find(f"\r\n{mark}", head_at)
        if not 0 <= head_end < at:
            return
        if name := _field_name(body[head_at:head_end]):
            yield Span(head_end + 4, at, name)
        at += 2


def field_text(text: str, boundary: str) -> str:
    """`text` as it stands in a field. ValueError where it would end there."""
    if f"--{boundary}" in text:
        raise ValueError("a field cannot hold the boundary of its body")
    return text


def _field_name(head: str) -> str | None:
    disposition = _DISPOSITION.search(head.replace("\r", ""))
    if not disposition or _FILE.search(disposition[1]):
        return None
    name = _NAME.search(disposition[1])
    return re.sub(r"%22", '"', name[1]) if name else None
