"""What redaction remembers: secrets, to tell them elsewhere, and texts that hold nothing, to be quick about them."""

import json
from collections.abc import Collection, Iterable

from recorder.exchange import Header
from recorder.forgetting import forget_oldest
from recorder.jsonspans import quoted

_KNOWN_LIMIT = 100_000
KNOWN_CHARS = 12  # shorter secrets may be anything, so they are not looked for elsewhere
_PLAIN_LIMIT_CHARS = 4 << 20
_PLAIN_CHARS = 4096  # longer texts are not worth their memory


class Known:
    """Secrets that were met; the oldest are forgotten."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def among(self, values: Iterable[str]) -> set[str]:
        """Those of them that are secrets."""
        return self._values.keys() & values

    def learn(self, value: str) -> bool:
        """Whether it is new, and worth to be told elsewhere."""
        if len(value) < KNOWN_CHARS or value in self._values or value.isalpha():
            return False
        self._values[value] = None
        forget_oldest(self._values, _KNOWN_LIMIT)
        return True


class Plain:
    """Texts, and tokens of JSON, that were looked through and hold nothing. Forgets all when it is full."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._chars = 0

    def __contains__(self, text: object) -> bool:
        return text in self._texts

    def new_of(self, texts: Iterable[str]) -> set[str]:
        """Those that are not known as plain."""
        return set(texts) - self._texts

    def add(self, text: str) -> None:
        if len(text) <= _PLAIN_CHARS:
            self.add_all((text,))

    def add_all(self, texts: Collection[str]) -> None:
        """Of texts that are not long."""
        chars = sum(map(len, texts))
        self._chars += chars
        if self._chars > _PLAIN_LIMIT_CHARS:
            self._texts.clear()
            self._chars = chars
        self._texts.update(texts)

    def forget(self, text: str) -> None:
        """It turned out to be a secret."""
        self._texts.discard(text)
        self._texts.discard(quoted(text, '""'))
        if not text.isascii():
            self._texts.discard(json.dumps(text))


class Outcomes:
    """What became of a name with its value, where nothing but these decides. Forgets all when it is full."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], Header] = {}
        self._values: set[str] = set()
        self._chars = 0

    def get(self, one: Header) -> Header | None:
        return self._outcomes.get((one.name, one.value))

    def add(self, one: Header, outcome: Header) -> Header:
        """The outcome."""
        if len(one.value) <= _PLAIN_CHARS:
            self._chars += len(one.value)
            if self._chars > _PLAIN_LIMIT_CHARS:
                self.clear()
            self._outcomes[one.name, one.value] = outcome
            self._values.add(one.value)
        return outcome

    def forget(self, text: str) -> None:
        """It turned out to be a secret."""
        if text in self._values:
            self.clear()

    def clear(self) -> None:
        self._outcomes.clear()
        self._values.clear()
        self._chars = 0
