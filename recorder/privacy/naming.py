"""What the name of a field says of its value: nothing, that it is personal, or that all below it is secret."""

from collections.abc import Callable
from functools import lru_cache

from recorder.policy import Policy, ends_in

PLAIN, PERSONAL, DEEP = 0, 1, 2  # in the order of their weight


def naming_by(policy: Policy) -> Callable[[str], int]:
    """Tells of a name what it says: DEEP holds for all that is below the field, PERSONAL for its own values."""
    is_secret = ends_in(policy.fields)
    is_personal = ends_in(policy.personal)

    @lru_cache(8192)
    def naming(name: str) -> int:
        return DEEP if is_secret(name) else PERSONAL if is_personal(name) else PLAIN

    return naming
