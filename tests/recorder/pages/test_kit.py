import base64
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recorder.pages import kit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text('{% extends "frame.html" %}{% block content %}<p>{{ text }}</p>{% endblock %}')
    (tmp_path / "page.css").write_text("p { color: red; }\n")
    (tmp_path / "page.js").write_text('"use strict";\n')
    return tmp_path


def page(folder: Path, text: str, *, script: bool = False) -> str:
    made = kit.environment(folder, lambda text: text.replace("\u202e", "?"), {}, {})
    return kit.rendered(
        made,
        "page.html",
        style=folder / "page.css",
        script=folder / "page.js" if script else None,
        title="t",
        headline="h",
        text=text,
    )


def test_a_text_is_shown_and_escaped(folder: Path) -> None:
    assert "<p>&lt;b&gt;?</p>" in page(folder, "<b>\u202e")


@pytest.mark.parametrize("script", [True, False])
def test_the_policy_allows_the_style_and_script_that_are_there_and_no_other(folder: Path, script: bool) -> None:
    html = page(folder, "", script=script)
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        contents = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
        hashes = [f"sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}" for one in contents]
        assert re.findall(rf"{directive} '([^']*)'", html) == hashes
        assert len(contents) == (element == "style" or script)
    assert "default-src 'none'" in html


def test_the_style_of_a_page_stands_behind_that_of_all(folder: Path) -> None:
    html = page(folder, "")
    assert html.index("--paper") < html.index("p { color: red; }")


def test_the_highest_value_of_an_area_is_at_its_top() -> None:
    assert kit.area([1, 2]) == "0,100 0.0,50.0 500.0,50.0 500.0,0.0 1000.0,0.0 1000,100"
    assert kit.area([]) == "0,100 1000,100"


def test_an_instant_names_its_zone() -> None:
    assert kit.instant(datetime(2026, 11, 1, 15, 6, 59, tzinfo=UTC)) == "1 November 2026, 15:06:59 UTC"
