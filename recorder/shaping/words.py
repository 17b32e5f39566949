"""How figures and places of a shape are written, in the terminal and on the page alike."""

import re

from foreshock.duration import format_duration
from recorder.shaping.model import Arrivals, ClassCount, FieldShape, RouteShape
from recorder.shaping.values import ANSWERS_TOLD_APART, TOLD_APART

# Control characters, half surrogate pairs, and what turns a line around (CVE-2021-42574).
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")

_HARDLY_EVER = 1e-6
_EVEN, _BURSTS = 0.5, 1.5  # variance over mean of counts; of independent arrivals it is 1


def shown(text: str) -> str:
    """What came from traffic, without the characters that a terminal would obey or a reader not see."""
    return _UNSHOWABLE.sub("\ufffd", text)


def several(number: int, noun: str) -> str:
    """'1 session', '2,000 sessions'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def seconds(value: float | None) -> str:
    """'-' where it is not known; below ten milliseconds with a digit more."""
    if value is None:
        return "-"
    if 0 < value < 0.01:
        return f"{value * 1000:.1f} ms"
    return format_duration(value) if value < 3600 else f"{value / 3600:.1f} h"


def share(part: float) -> str:
    """'12 %', '0.3 %', '0.012 %': two digits that count."""
    per_cent = part * 100
    if 99.5 <= per_cent < 100:
        return f"{min(per_cent, 99.99):.2f} %"  # what is not all is never told to be
    if per_cent >= 9.95 or per_cent == 0:
        return f"{per_cent:.0f} %"
    return f"{per_cent:.2g} %" if per_cent >= 0.0001 else f"{per_cent:.0e} %"


def times(factor: float | None) -> str:
    """'3.2', '∞' of what was none or all before."""
    return "∞" if factor is None else f"{factor:,.3g}" if factor < 1000 else f"{factor:,.0f}"


def chance(p: float) -> str:
    """How likely a thing is by chance: '0.02'; what is hardly ever is not told closer."""
    return f"{p:.1g}" if p >= _HARDLY_EVER else "under 1 in a million"


def coming(arrivals: Arrivals) -> str:
    """A sentence on how requests came, by the window in which they were the burstiest."""
    if not arrivals.dispersion:
        return ""
    most = max(arrivals.dispersion, key=lambda one: one.index)
    if most.index < _EVEN:
        return "They came more evenly than chance would have it: something paces them."
    if most.index < _BURSTS:
        return "They came as independent clients do: no more in bursts than chance would have it."
    return (
        f"They came in bursts: counts over {seconds(most.window_s)} vary {most.index:,.3g} times as much as by chance."
    )


def one_in(count: int, of: int) -> str:
    """'1 in 10,000'."""
    return f"1 in {round(of / count):,}" if count else "never"


def answers(route: RouteShape) -> str:
    """'200×31 404×1 error×2'."""
    told = [f"{status}×{count:,}" for status, count in route.statuses.items()]
    return " ".join([*told, *([f"error×{route.errors:,}"] if route.errors else [])])


def kinds(field: FieldShape) -> str:
    """'integer', or 'text 98 %, null 2 %'; a text's format instead where nearly all have one."""
    named = dict(field.types)
    formats = {name: count for name, count in field.formats.items() if name not in ("text", "word")}
    known = sum(field.formats.values())
    if "text" in named and formats and max(formats.values()) >= 0.95 * known:
        named = {(max(formats, key=formats.__getitem__) if name == "text" else name): n for name, n in named.items()}
    if len(named) == 1:
        return next(iter(named))
    total = sum(named.values())
    return ", ".join(f"{name} {share(count / total)}" for name, count in named.items())


def distinct(field: FieldShape) -> str:
    """How many different values there were: '17', and '1,000 +' where no more were told apart."""
    bound = field.distinct in (TOLD_APART, ANSWERS_TOLD_APART) and field.count > field.distinct
    return f"{field.distinct:,}" + (" +" if bound else "")


def rare_of(shape_routes: tuple[RouteShape, ...]) -> list[tuple[RouteShape, str, FieldShape, ClassCount]]:
    """(route, 'sent', 'answered' or 'refused', field, class) of every rare class, the rarest first."""
    found = [
        (route, side, field, one)
        for route in shape_routes
        for side, fields in (("sent", route.fields), ("answered", route.answered), ("refused", route.refused))
        for field in fields
        for one in field.rare
    ]
    return sorted(found, key=lambda item: (item[3].share(item[2].count), -item[2].count, item[0].route, item[2].place))
