"""Renders text: POST /render {text}."""

import html
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Reply, Request

_WORK_S = 0.002


def render(request: Request) -> Reply:
    time.sleep(_WORK_S)
    paragraphs = str(request.json().get("text")).split("\n\n")
    return Reply(200, {"html": "".join(f"<p>{html.escape(each)}</p>" for each in paragraphs)})


if __name__ == "__main__":
    serve(App(dict, {"POST /render": render}), arguments().port)
