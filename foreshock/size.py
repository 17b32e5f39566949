"""Sizes as people write them: '64MB', '1.5GB', '4096'. Decimal, as disks are sold; 'MiB' and the like are binary."""

import re

_UNIT_BYTES = {
    "": 1, "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)", re.IGNORECASE | re.ASCII)


def parse_bytes(text: str) -> int:
    """Bytes of a size such as '64MB'. Raises ValueError naming what is allowed."""
    match = _SIZE.fullmatch(text.strip())
    if not match or match[2].lower() not in _UNIT_BYTES:
        raise ValueError(f"expected a size such as '64MB' or '1GB', got {text!r}")
    return int(float(match[1]) * _UNIT_BYTES[match[2].lower()])


def format_bytes(count: int) -> str:
    """The shortest form that a person reads at a glance: '512 B', '1.5 MB', '64 MB'."""
    size, unit = float(count), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"
