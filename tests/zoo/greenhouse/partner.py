"""The store: rows by path. PUT and GET /rows/...; a path that ends in '/' gives those right below it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit.threads import arguments, serve
from kit.web import App, Refusal, Reply, Request


def put(request: Request) -> Reply:
    request.state[request.path] = request.json()
    return Reply(200, {"stored": True})


def get(request: Request) -> Reply:
    path = request.path
    if path.endswith("/"):
        depth = path.count("/")
        rows = request.state.copy().items()
        return Reply(200, {key: row for key, row in rows if key.startswith(path) and key.count("/") == depth})
    if path not in request.state:
        raise Refusal(404, "no such row")
    return Reply(200, request.state[path])


if __name__ == "__main__":
    depths = ["/rows/{a}", "/rows/{a}/{b}", "/rows/{a}/{b}/{c}"]
    routes = {f"{method} {path}": act for path in depths for method, act in (("PUT", put), ("GET", get))}
    serve(App(dict, routes), arguments().port)
