"""What a cart costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    product_id: int
    name: str
    price_cents: int
    stock: int
    quantity: int


@dataclass(frozen=True)
class Coupon:
    """`percent` off every piece, and `off_each_cents` off every piece of lines of `from_quantity` pieces or more."""

    code: str
    percent: int
    off_each_cents: int
    from_quantity: int


def total_cents(lines: list[Line], coupon: Coupon | None, *, cap_discounts: bool) -> int:
    """The sum over the lines, each piece at its discounted price, rounded down to the cent."""
    return sum((line.price_cents - discount_cents(line, coupon, cap_discounts)) * line.quantity for line in lines)


def discount_cents(line: Line, coupon: Coupon | None, cap_discounts: bool) -> int:
    """What the coupon takes off each piece of the line."""
    if coupon is None:
        return 0
    off = -(-line.price_cents * coupon.percent // 100)
    if line.quantity >= coupon.from_quantity:
        off += coupon.off_each_cents
    return min(off, line.price_cents) if cap_discounts else off
