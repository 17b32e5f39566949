"""Fields of JSON bodies, checked. Each returns the value or raises Refusal (422) saying what is allowed."""

from collections.abc import Mapping
from typing import Any

from scenarios.shop.web import Refusal


def integer(body: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refusal(422, f"{name}: expected a whole number from {low} to {high}")
    return value


def text(body: Mapping[str, Any], name: str, longest: int = 200) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= longest or not _storable(value):
        raise Refusal(422, f"{name}: expected text of 1 to {longest} characters")
    return value.strip()


def _storable(value: str) -> bool:
    """JSON can spell half a surrogate pair, which no UTF-8 text can hold, and NUL."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
