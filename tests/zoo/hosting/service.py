"""Sites under domains of their customers' choice: HTML forms, uuids, no log-in; a name server has to know each domain.

A domain is written down first, so that nobody else gets it while the name server is asked.
Planted: an order that ended half-way is not taken up again, and bars its own repetition.
"""

import sys
import threading
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text

_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_PLANS = ("S", "M", "L", "XL (legacy)")


@dataclass
class Site:
    """`zone` is the name server's number of it, 0 until there is one."""

    domain: str
    plan: str
    contact: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    zone: int = 0
    records: list[str] = field(default_factory=list)


@dataclass
class State:
    """`lock` guards sites and their being set up."""

    by_domain: dict[str, Site] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def live(self) -> list[Site]:
        return [site for site in list(self.by_domain.values()) if site.zone]


class Hosting:
    def __init__(self, names: Partner, fixed: bool) -> None:
        self._names = names
        self._fixed = fixed

    def order(self, request: Request) -> Reply:
        form = request.form()
        domain, plan, contact = text(form, "domain", 60).lower(), text(form, "plan", 20), text(form, "contact", 80)
        if not set(domain) <= _DOMAIN or "." not in domain:
            raise Refusal(422, "domain: expected one such as example.test")
        if plan not in _PLANS:
            raise Refusal(422, f"plan: expected one of {', '.join(_PLANS)}")
        with request.state.lock:
            before: Site | None = request.state.by_domain.get(domain)
            if before is not None and (before.zone or not self._fixed):
                raise Refusal(409, "this domain is taken")
            site = Site(domain, plan, contact)
            request.state.by_domain[domain] = site
            site.zone = self._zone(request, domain)
        return Reply(201, asdict(site), {"Location": f"/sites/{site.id}"})

    def sites(self, request: Request) -> Reply:
        found = [{"id": site.id, "domain": site.domain} for site in request.state.live()]
        wanted = request.query.get("domain")
        return Reply(200, {"sites": [each for each in found if wanted in (None, each["domain"])]})

    def site(self, request: Request) -> Reply:
        return Reply(200, asdict(_found(request)))

    def change(self, request: Request) -> Reply:
        plan = text(request.form(), "plan", 20)
        if plan not in _PLANS:
            raise Refusal(422, f"plan: expected one of {', '.join(_PLANS)}")
        with request.state.lock:
            site = _found(request)
            site.plan = plan
            return Reply(200, asdict(site))

    def add_record(self, request: Request) -> Reply:
        record = text(request.form(), "record", 120)
        with request.state.lock:
            site = _found(request)
            if record in site.records:
                raise Refusal(409, "there is this record")
            site.records.append(record)
            return Reply(201, asdict(site))

    def _zone(self, request: Request, domain: str) -> int:
        """The name server's number of the domain's zone; asked again it is the same one."""
        try:
            _, zone = self._names.ask("PUT", f"/zones/{domain}", {}, traced(request.headers))
        except Unreachable:
            raise Refusal(502, "the name server does not answer; try again") from None
        return int(zone["number"])


def _found(request: Request) -> Site:
    for site in request.state.live():
        if site.id == request.params["id"]:
            found: Site = site
            return found
    raise Refusal(404, "no such site")


if __name__ == "__main__":
    asked = arguments(names="URL of the name server")
    hosting = Hosting(Partner(asked.names, 0.3), is_fixed())
    routes = {
        "POST /sites": hosting.order,
        "GET /sites": hosting.sites,
        "GET /sites/{id}": hosting.site,
        "PUT /sites/{id}": hosting.change,
        "POST /sites/{id}/records": hosting.add_record,
    }
    serve(App(State, routes), asked.port)
