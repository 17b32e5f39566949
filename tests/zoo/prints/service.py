"""A print shop: jobs with dated numbers, rendered in the background; who asks waits for a moment first.

Planted: a job whose renderer did not answer is never looked at again.
"""

import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.partner import Partner, Unreachable, traced
from kit.threads import arguments, is_fixed, serve
from kit.web import App, Refusal, Reply, Request, text, whole

_WAIT_S = 0.08  # for the job, before it is answered that it is under way
_ATTEMPTS = 2
_WORKERS = 8
_numbers = itertools.count(417)  # goes on across resets


@dataclass
class Job:
    """`status` is 'rendering', then 'ready' or 'failed'."""

    id: str
    title: str
    options: dict[str, object]
    status: str = "rendering"
    sheets: int = 0
    reason: str = ""


@dataclass
class State:
    jobs: dict[str, Job] = field(default_factory=dict)
    workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_WORKERS))

    def close(self) -> None:
        self.workers.shutdown(cancel_futures=True)


class PrintShop:
    def __init__(self, renderer: Partner, attempts: int) -> None:
        self._renderer = renderer
        self._attempts = attempts

    def order(self, request: Request) -> Reply:
        """202, with what has become of it until then."""
        body = request.json()
        options = body.get("options")
        if not isinstance(options, dict):
            raise Refusal(422, "options: expected an object")
        kept = {"pages": whole(options, "pages", 0, 400), "duplex": options.get("duplex") is True}
        job = Job(f"P-2026-{next(_numbers):06d}", text(body, "title", 120), kept)
        request.state.jobs[job.id] = job
        trace, done = traced(request.headers), threading.Event()
        request.state.workers.submit(self._render, job, trace, done)
        done.wait(_WAIT_S)
        return Reply(202, asdict(job), {"Location": f"/prints/{job.id}"})

    def jobs(self, request: Request) -> Reply:
        wanted = request.query.get("status")
        found = [job for job in list(request.state.jobs.values()) if wanted in (None, job.status)]
        return Reply(200, {"prints": [{"id": job.id, "title": job.title, "status": job.status} for job in found]})

    def job(self, request: Request) -> Reply:
        job = request.state.jobs.get(request.params["id"])
        if job is None:
            raise Refusal(404, "no such print")
        return Reply(200, asdict(job))

    def _render(self, job: Job, trace: dict[str, str], done: threading.Event) -> None:
        try:
            for attempt in range(self._attempts):
                if self._rendered(job, trace):
                    return
                sys.stderr.write(f"WARN {job.id}: attempt {attempt + 1} came to nothing\n")
            if self._attempts > 1:
                job.reason, job.status = "the renderer does not answer", "failed"
        finally:
            done.set()

    def _rendered(self, job: Job, trace: dict[str, str]) -> bool:
        try:
            status, said = self._renderer.ask("POST", "/render", {"id": job.id, **job.options}, trace)
        except Unreachable:
            return False
        if status == 200:
            job.sheets, job.status = said["sheets"], "ready"
        else:
            job.reason, job.status = said["error"], "failed"
        return True


if __name__ == "__main__":
    asked = arguments(renderer="URL of the renderer")
    shop = PrintShop(Partner(asked.renderer, 0.25), _ATTEMPTS if is_fixed() else 1)
    routes = {"POST /prints": shop.order, "GET /prints": shop.jobs, "GET /prints/{id}": shop.job}
    serve(App(State, routes), asked.port)
