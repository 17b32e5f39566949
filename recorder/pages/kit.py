"""Self-contained pages from templates: no network, no font of others, and they say all without their script.

Autoescape is on and every text goes through `shown`; the page's Content-Security-Policy allows its own style and script
by their hashes and nothing else, so that a value of the traffic that got through both would still do nothing.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_HERE = Path(__file__).parent

Functions = Mapping[str, Callable[..., Any]]


def environment(folder: Path, shown: Callable[[str], str], filters: Functions, functions: Functions) -> Environment:
    """Of the templates in `folder`, which extend frame.html. `shown` is what a text becomes before it is escaped."""

    def finalized(value: Any) -> Any:
        """Markup of ours stays; any other text loses what cannot be shown."""
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = Environment(
        loader=FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS, **filters)
    made.globals.update(functions)
    return made


def rendered(environment: Environment, template: str, *, style: Path, script: Path | None = None, **values: Any) -> str:
    """The whole page: of the template, with our style and then its own, and its script if it has one."""
    css = _source(_HERE / "kit.css") + _source(style)
    code = _source(script) if script else ""
    return environment.get_template(template).render(
        style=Markup(css),  # noqa: S704  our own file
        script=Markup(code),  # noqa: S704  our own file
        style_hash=_csp_hash(css),
        script_hash=_csp_hash(code),
        **values,
    )


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    """A CSP source expression of an inline element's text (CSP level 3, 'hash-source')."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def area(values: Sequence[float]) -> str:
    """The points of a stepped area in a box of 1000 x 100, the highest value at its top."""
    highest = max(values, default=0.0) or 1.0
    width = 1000 / max(1, len(values))
    points = ["0,100"]
    for index, value in enumerate(values):
        y = 100 - 100 * value / highest
        points += [f"{index * width:.1f},{y:.1f}", f"{(index + 1) * width:.1f},{y:.1f}"]
    return " ".join([*points, "1000,100"])


def instant(at: datetime) -> str:
    """'1 November 2026, 15:06:59 UTC'."""
    return f"{at.day} {at:%B %Y, %H:%M:%S} {at.tzname() or ''}".strip()


_FILTERS: Functions = {
    "area": area,
    "number": lambda value: f"{value:,}",
    "percent": lambda fraction: f"{100 * fraction:.2f}%",
}
