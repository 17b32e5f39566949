"""The renderer: POST /render {id, pages, duplex}; as often as one likes."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

_PAGE_S = 0.0005


def render(request: Request) -> Reply:
    options = request.json()
    pages = options["pages"]
    if pages == 0:
        raise Refusal(422, "there is nothing to print")
    time.sleep(pages * _PAGE_S)
    return Reply(200, {"sheets": (pages + 1) // 2 if options["duplex"] else pages})


if __name__ == "__main__":
    serve(App(dict, {"POST /render": render}), arguments().port)
