"""The tariff office: every commodity code with its title and duty. It has no state."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request

TARIFFS = {
    "090111": ("Coffee, not roasted", 0.0),
    "090121": ("Coffee, roasted", 7.5),
    "220421": ("Wine, bottles of up to 2 l", 12.9),
    "330499": ("Skin care, « soins de beauté »", 6.5),
    "420221": ("Handbags of leather", 3.0),
    "610910": ("T-shirts, of cotton", 12.0),
    "640399": ("Shoes, leather uppers", 8.0),
    "691110": ("Tableware of porcelain", 12.0),
    "847130": ("Computers, portable, ≤ 10 kg", 0.0),
    "851712": ("Telephones for mobile networks", 0.0),
    "871200": ("Bicycles without motor", 14.0),
    "950300": ("Toys, scale models, puzzles", 4.7),
}


def code(request: Request) -> Reply:
    wanted = request.params["code"]
    if wanted not in TARIFFS:
        raise Refusal(404, "no such code")
    title, duty_percent = TARIFFS[wanted]
    return Reply(200, {"code": wanted, "title": title, "duty_percent": duty_percent})


if __name__ == "__main__":
    serve(App(dict, {"GET /codes/{code}": code}), arguments().port)
