"""Everything goes to a few URLs: what is meant stands in bodies."""

from __future__ import annotations

import base64
import random
from typing import Any


def calls(w: Any, c: random.Random, talk: Any) -> Any:
    """One URL a procedure, ids in bodies, in camelCase."""
    account = w.next("account")
    yield talk("POST /rpc/openAccount", {"result": {"accountId": account, "balance": 7}}, body={"tier": 1})
    for _ in range(4):
        transfer, amount = w.next("transfer"), c.randrange(1, 9)
        body = {"accountId": account, "amount": amount, "retries": 1, "dryRun": False}
        said = {"result": {"transferId": transfer, "amount": amount, "fee": 1, "queuePosition": transfer % 4}}
        yield talk("POST /rpc/startTransfer", said, body=body)
        yield talk("POST /rpc/getTransfer", {"result": {"state": "open", "step": 1}}, body={"transferId": transfer})
        ids = {"transferIds": [transfer], "priority": c.randrange(1, 9), "accountId": account}
        yield talk("POST /rpc/approve", {"result": {"approved": 1}}, body=ids)
        receipt = f"rcp_{w.base36(10)}"
        yield talk("POST /rpc/receipt", {"result": {"receipt": receipt}}, body={"transferId": transfer})
        yield talk("POST /rpc/print", {"result": "ok"}, body={"document": receipt, "copies": 1})


def json_rpc(w: Any, c: random.Random, talk: Any) -> Any:
    """JSON-RPC 2.0: the request's own number is the client's, and answers repeat it."""
    number = 0

    def call(method: str, params: object, result: object) -> Any:
        nonlocal number
        number += 1
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        return talk("POST /jsonrpc", {"jsonrpc": "2.0", "id": number, "result": result}, body=body)

    session = w.token(24)
    yield call("auth.login", {"user": "u", "attempt": 1}, {"session": session})
    project = w.next("project")
    yield call("project.create", {"session": session, "size": 2}, {"project_id": project, "members": 2})
    for _ in range(4):
        task = w.next("task")
        params = {"session": session, "project_id": project, "weight": c.randrange(1, 9)}
        yield call("task.create", params, {"task": {"id": task, "weight": params["weight"]}, "open": 1})
        yield call("task.done", {"session": session, "task_id": task, "hours": c.randrange(1, 9)}, True)
        yield call("task.list", {"session": session, "page": 1}, {"tasks": [{"id": task, "hours": 2}], "page": 1})


def graphql(w: Any, c: random.Random, talk: Any) -> Any:
    """Opaque and plain ids, in variables and written into the query itself."""
    query = "mutation CreateBoard($input: BoardInput!) { createBoard(input: $input) { board { id number } } }"
    number = w.next("board")
    board = base64.b64encode(f"Board:{number}".encode()).decode()
    said = {"data": {"createBoard": {"board": {"id": board, "number": number}}}}
    body = {"operationName": "CreateBoard", "query": query, "variables": {"input": {"title": "Plans", "columns": 3}}}
    yield talk("POST /graphql", said, body=body)
    for _ in range(3):
        card = str(w.next("card"))
        variables = {"input": {"boardId": board, "points": c.randrange(1, 9)}}
        said = {"data": {"addCard": {"card": {"id": card, "points": variables["input"]["points"]}}}}
        yield talk("POST /graphql", said, body={"query": "mutation ($input: I!) { addCard }", "variables": variables})
        body = {"query": "mutation ($cardId: ID!) { close }", "variables": {"cardId": card, "first": 3}}
        yield talk("POST /graphql", {"data": {"close": {"closed": True, "count": 1}}}, body=body)
    nodes = [{"node": {"id": w.uuid(), "name": name}} for name in ("Ann", "Bob", "Cy", "Dee")]
    said = {"data": {"people": {"edges": w.shuffled(nodes), "pageInfo": {"endCursor": w.token(16)}}}}
    yield talk("POST /graphql", said, body={"query": "query { people(first: 4) }"})
    for chosen in c.sample(nodes, 2):
        inline = f'mutation {{ assign(person: "{chosen["node"]["id"]}", board: "{board}", first: 3) {{ ok }} }}'
        yield talk("POST /graphql", {"data": {"assign": {"ok": True}}}, body={"query": inline})
    after = {"query": "query ($after: String) { people }", "variables": {"after": _cursor(said), "first": 4}}
    yield talk("POST /graphql", {"data": {"people": {"edges": []}}}, body=after)


def _cursor(said: Any) -> str:
    return str(said["data"]["people"]["pageInfo"]["endCursor"])


STYLES = (calls, json_rpc, graphql)
