"""What this deployment has switched on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Flags:
    """SHOP_FIXED=1 switches everything on; without it the shop runs as it was first released."""

    idempotency_keys: bool = False  # charges carry the order's own key
    settle_unknown: bool = False  # an order whose payment is in doubt is settled in the background
    reserve_stock: bool = False  # stock is taken when the order is opened
    cap_discounts: bool = False  # nothing gets cheaper than free
    return_slots: bool = False  # a connection that is given up makes room for another

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Flags":
        """Raises ValueError for a SHOP_FIXED other than 0 and 1."""
        fixed = environment.get("SHOP_FIXED", "0") or "0"
        if fixed not in ("0", "1"):
            raise ValueError(f"SHOP_FIXED={fixed!r}: expected 0 or 1")
        on = fixed == "1"
        return cls(idempotency_keys=on, settle_unknown=on, reserve_stock=on, cap_discounts=on, return_slots=on)
