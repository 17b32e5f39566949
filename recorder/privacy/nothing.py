"""What most texts are, and nobody's: words, numbers, times, UUIDs, digests. One match tells, and spares all others."""

import re

_NOTHING = re.compile(
    r"(?:(?>(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,12})(?:[ ,.'!?_;-]{1,3}|\Z)|\d{1,4} ?(?=[A-Za-z]))++"  # words as people write
    r"|-?\d{1,13}(?:\.\d{1,8})?"  # a number
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?)?"  # a date, a time
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|(?=\d*[a-f])[0-9a-f]{7,128}"  # a digest
    r'|(?:W/)?"(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=\d*[a-f])[0-9a-f]{7,128})"'  # an entity tag
    r"|[A-Za-z]{1,8}[_-]?\d{1,8}(?:-\d{1,4})?"  # a numbered name
    r"|.{0,4})\Z",
    re.DOTALL,
)

is_nothing = _NOTHING.match  # a function would cost as much again
