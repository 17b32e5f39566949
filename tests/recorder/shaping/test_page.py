import re
from collections.abc import Callable

import pytest

from recorder.exchange import Exchange
from recorder.shaping.compare import compare
from recorder.shaping.model import Shape
from recorder.shaping.page import changes_page, page

EVIL = "</script><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>\u202e"


@pytest.fixture(scope="module")
def shapes(exchange: Callable[..., Exchange], learn: Callable[..., Shape]) -> tuple[Shape, Shape]:
    def traffic(status: str) -> Shape:
        made = []
        for n in range(60):
            body = {EVIL: EVIL, "qty": n % 4, "note": None if n == 50 else "x"}
            answer = {"id": f"a{n // 3}00{n // 3}", "status": (EVIL[:8], "new", status)[n % 3]}
            made.append(exchange(n, "POST", f"/{EVIL}", body=body, answer=answer, session=f"s{n // 6}"))
            made.append(exchange(n, "GET", f"/things/a{n // 3}00{n // 3}", answer=answer, session=f"s{n // 6}"))
        return learn(made)

    return traffic("paid"), traffic("gone")


def pages(shapes: tuple[Shape, Shape]) -> tuple[str, str]:
    before, after = shapes
    return page(after, f"{EVIL}.rec"), changes_page(compare(before, after), f"{EVIL}.rec", "b.rec")


def test_values_of_the_traffic_are_text_on_the_page_and_nothing_else(shapes: tuple[Shape, Shape]) -> None:
    for text in pages(shapes):
        assert "<script" not in text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text


def test_the_page_refers_to_nothing_outside_itself(shapes: tuple[Shape, Shape]) -> None:
    for text in pages(shapes):
        assert re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!#)""", text) == []
        assert "@import" not in text
        assert re.findall(r"url\((?!#)", text) == []
        assert "default-src 'none'; style-src 'sha256-" in text


def test_an_empty_recording_has_a_page(learn: Callable[..., Shape]) -> None:
    assert "<h2" in page(learn([]), "a.rec")
