"""The mark of a stand-in: its last signs follow from the others, so that a scan tells it from what it stands for.

No key is in it: a scan needs none. Of values that are no stand-ins, one in 100 (if it ends in two digits) to one in 676
carries the mark by chance, and is overlooked where it stands alone.
"""

import hashlib
from string import ascii_lowercase, ascii_uppercase, digits

_OTHERS = bytes(byte for byte in range(128) if not chr(byte).isalnum())

MARKED = 2  # signs that follow from the others
LEAST = 5  # letters and digits that a value has to have to bear it: of fewer too little would be left


def with_mark(text: str, alphabets: tuple[str, ...] = (digits, ascii_lowercase, ascii_uppercase)) -> str:
    """`text` with its last two letters or digits set to follow from the rest; as it is if it has under five.

    Each sign stays in the first of `alphabets` that has it.
    """
    places = _places(text)
    if not places:
        return text
    last, first = places
    of_last, of_first = _of_the_rest(text, places)[:MARKED]
    sign, other = _sign(text[first], of_first, alphabets), _sign(text[last], of_last, alphabets)
    return f"{text[:first]}{sign}{text[first + 1 : last]}{other}{text[last + 1 :]}"


def _sign(old: str, byte: int, alphabets: tuple[str, ...]) -> str:
    for alphabet in alphabets:
        if old in alphabet:
            return alphabet[byte % len(alphabet)]
    return old


def has_mark(text: str, alphabets: tuple[str, ...] = (digits, ascii_lowercase, ascii_uppercase)) -> bool:
    """Whether `text` is what `with_mark` makes; False if it is too short to bear one."""
    places = _places(text)
    marked = places and all(any(text[place] in one for one in alphabets) for place in places)
    return bool(marked) and with_mark(text, alphabets) == text


def can_bear_mark(text: str) -> bool:
    return bool(_places(text))


def _places(text: str) -> list[int]:
    """Where the mark stands: the last two ASCII letters or digits."""
    found: list[int] = []
    enough = 0
    for place in range(len(text) - 1, -1, -1):
        if text[place].isascii() and text[place].isalnum():
            enough += 1
            if len(found) < MARKED:
                found.append(place)
            if enough >= LEAST:
                return found
    return []


def _of_the_rest(text: str, places: list[int]) -> bytes:
    """Of the other letters and digits: how they are grouped is nothing to it."""
    last, first = places
    rest = text[:first] + text[first + 1 : last] + text[last + 1 :]
    said = rest.encode("ascii", "ignore").translate(None, _OTHERS)
    return hashlib.blake2b(said, digest_size=8, person=b"foreshock mark").digest()
