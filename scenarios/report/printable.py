"""Text that came from traffic, made safe to show: no control character reaches a terminal, an XML file or a page."""

from __future__ import annotations

import re

# Cc, lone surrogates and the two non-characters XML 1.0 forbids; tab and line feed stay. Bidirectional overrides could
# make a line read as another one (CVE-2021-42574), so they go too.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """`text` with U+FFFD in the place of every character that cannot be shown, or should not be."""
    return _UNSHOWABLE.sub("\ufffd", text)
