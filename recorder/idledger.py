"""Which ids of exchanges are there, which twice, and how many are missing: a bit for each, however long it recorded."""

import re

_NUMBERED = re.compile(r"(?:.*\.)?e(\d{1,9})", re.DOTALL)  # 'e000012', or 'web-1.e000012' of one recorder of several
_NAMED = 5  # ids that a sentence names


class IdLedger:
    """Of one recorder, which numbers its exchanges from 1 in the order in which they began."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._others: set[str] = set()  # ids of another form
        self._numbers = self._highest = 0
        self._repeated: dict[str, None] = {}
        self._repeats = 0

    def add(self, id: str) -> None:
        match = _NUMBERED.fullmatch(id)
        if not match:
            new = id not in self._others
            self._others.add(id)
        else:
            new = self._set(int(match[1]))
            self._numbers += new
        if not new:
            self._repeats += 1
            if len(self._repeated) < _NAMED:
                self._repeated[id] = None

    @property
    def missing(self) -> int:
        """Numbers below the highest that are not there: what was dropped, excluded, sampled or rotated out, or lost."""
        return self._highest - self._numbers

    @property
    def repeats(self) -> str:
        """'e000012' and so on, with how many there are; '' where each is there once."""
        if not self._repeats:
            return ""
        return f"{self._repeats} ids repeat: {', '.join(self._repeated)}{', ...' if self._repeats > _NAMED else ''}"

    def _set(self, number: int) -> bool:
        """Whether it was not there before. Bit 0 stands for 1."""
        at, bit = divmod(max(number, 1) - 1, 8)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 1 + (1 << 16) - len(self._bits)))
        new = not self._bits[at] >> bit & 1
        self._bits[at] |= 1 << bit
        self._highest = max(self._highest, number)
        return new
