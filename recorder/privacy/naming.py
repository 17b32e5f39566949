"""What the name of a field says of its value: nothing, that it is personal, or that all below it is secret."""

import re
from collections.abc import Callable
from functools import lru_cache

from recorder.policy import Policy, ends_in

PLAIN, PERSONAL, DEEP = 0, 1, 2  # in the order of their weight

_VERSION = re.compile(r"version|release|build|firmware|user.?agent", re.IGNORECASE)


def is_version(name: str) -> bool:
    """Whether what looks like an IP address under this name is none."""
    return bool(name) and _VERSION.search(name) is not None


def naming_by(policy: Policy) -> Callable[[str], int]:
    """Tells of a name what it says: DEEP holds for all that is below the field, PERSONAL for its own values."""
    is_secret = ends_in(policy.fields)
    is_personal = ends_in(policy.personal)

    @lru_cache(8192)
    def naming(name: str) -> int:
        return DEEP if is_secret(name) else PERSONAL if is_personal(name) else PLAIN

    return naming
