"""Tagged netstrings, of which only the wanted fields are taken apart.

mitmproxy's own parser makes an object of every part of a flow, certificates and sockets included, and takes most of an
import's time for it. A netstring says how long it is: what nobody asked for is stepped over.
"""

from collections.abc import Mapping
from typing import Any

# A field's name -> what is wanted of it: these of its own fields, or None for all of it.
Wanted = Mapping[bytes, Mapping[bytes, None] | None]


def skimmed(data: bytes, wanted: Wanted) -> dict[str, Any]:
    """The wanted fields of the dictionary that `data` is. ValueError if it is no such dictionary."""
    try:
        start, end = _extent(data, 0)
        if data[end : end + 1] != b"}" or end + 1 != len(data):
            raise ValueError("not one dictionary")
        return _fields(data, start, end, wanted)
    except IndexError:
        raise ValueError("a netstring that is cut off") from None


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """(start, end) of the content of the netstring at `at`; at `end` stands its type."""
    colon = data.index(_COLON, at)
    start = colon + 1
    return start, start + int(data[at:colon])


def _fields(data: bytes, at: int, end: int, wanted: Wanted) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    while at < end:
        colon = data.index(_COLON, at)  # as _extent, which would cost a call for each of a flow's hundred fields
        stop = colon + 1 + int(data[at:colon])
        name = data[colon + 1 : stop]
        at = stop + 1
        colon = data.index(_COLON, at)
        stop = colon + 1 + int(data[at:colon])
        if name in wanted:
            inner = wanted[name]
            taken = inner is not None and data[stop] == _DICTIONARY
            fields[name.decode()] = (
                _fields(data, colon + 1, stop, inner) if taken and inner else _value(data, colon + 1, stop)
            )
        at = stop + 1
    return fields


def _value(data: bytes, start: int, end: int) -> Any:
    kind = data[end]
    if kind == _BYTES:
        return data[start:end]
    if kind == _LIST:
        return _items(data, start, end)
    if kind == _TEXT:
        return data[start:end].decode("utf-8")
    if kind == _FLOAT:
        return float(data[start:end])
    if kind == _INT:
        return int(data[start:end])
    if kind == _BOOL:
        return data[start:end] == b"true"
    if kind == _NULL:
        return None
    if kind == _DICTIONARY:
        items = _items(data, start, end)
        return dict(zip(items[::2], items[1::2], strict=True))
    raise ValueError("a netstring of no known type")


def _items(data: bytes, at: int, end: int) -> list[Any]:
    items = []
    while at < end:
        colon = data.index(_COLON, at)
        stop = colon + 1 + int(data[at:colon])
        # bytes, which headers are made of, without a call for each
        items.append(data[colon + 1 : stop] if data[stop] == _BYTES else _value(data, colon + 1, stop))
        at = stop + 1
    return items


_COLON = 0x3A
_BYTES, _TEXT, _INT, _FLOAT, _BOOL, _NULL, _LIST, _DICTIONARY = b",;#^!~]}"
