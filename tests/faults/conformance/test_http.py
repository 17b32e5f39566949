"""Requests and replies of the control API as Toxiproxy 2.12 has them (page b1), on both engines."""

import pytest


def test_version_is_json_with_a_newline(call):
    answer = call("GET", "/version")
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.text == '{"version": "' + answer.json()["version"] + '"}\n'
    assert len(answer.headers["X-Toxiproxy-Request-Id"]) == 20


@pytest.mark.parametrize("path", ["/nope", "/proxies/", "/proxies/c/nope", "/proxies/c/toxics/t/u", "/"])
def test_unknown_paths_are_not_found(call, path):
    answer = call("GET", path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/proxies"),
        ("DELETE", "/proxies"),
        ("GET", "/reset"),
        ("GET", "/populate"),
        ("HEAD", "/version"),
        ("OPTIONS", "/proxies"),
    ],
)
def test_wrong_methods_are_said_without_a_body(call, method, path):
    answer = call(method, path)
    assert (answer.status_code, answer.content) == (405, b"")


def test_browsers_are_turned_away(call):
    answer = call("GET", "/version", **{"User-Agent": "Mozilla/5.0"})
    assert (answer.status_code, answer.text) == (403, "User agent not allowed\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert len(answer.headers["X-Toxiproxy-Request-Id"]) == 20


def test_keys_are_read_in_any_case_and_what_follows_is_ignored(call):
    answer = call("POST", "/proxies", '{"NAME":"u","UpStream":"127.0.0.1:1","LISTEN":"127.0.0.1:0"} trailing')
    assert answer.json()["name"] == "u"


def test_unknown_proxies_and_toxics_are_not_found(call, proxy, says):
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", ""), ("GET", "/toxics"), ("POST", "/toxics")]:
        assert says(call(method, f"/proxies/zz{path}", {})) == (404, "proxy not found")
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert says(call(method, "/proxies/c/toxics/nope", {})) == (404, "toxic not found")


def test_every_routed_reply_has_an_identity_and_no_other(call, proxy):
    for path, status in [("/version", 200), ("/proxies", 200), ("/proxies/c", 200), ("/proxies/zz", 404)]:
        answer = call("GET", path)
        assert (answer.status_code, len(answer.headers["X-Toxiproxy-Request-Id"])) == (status, 20)
    for method, path in [("GET", "/nope"), ("PUT", "/proxies")]:
        assert "X-Toxiproxy-Request-Id" not in call(method, path).headers


def test_a_success_is_json_without_a_newline(call, proxy):
    for path in ("/proxies", "/proxies/c", "/proxies/c/toxics"):
        answer = call("GET", path)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.text == answer.text.strip()
    assert call("GET", "/proxies/c/toxics").text == "[]"


def test_what_kind_of_content_is_sent_does_not_matter_and_unknown_keys_neither(call):
    body = {"name": "a", "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0", "zzz": {"a": [1]}}
    assert call("POST", "/proxies", body, **{"Content-Type": "image/png"}).status_code == 201


def test_metrics_are_not_there(call):
    assert call("GET", "/metrics").status_code == 404


def test_half_a_character_is_replaced(call):
    made = call("POST", "/proxies", '{"name":"a\\ud800b","upstream":"127.0.0.1:1","listen":"127.0.0.1:0"}')
    assert (made.status_code, made.json()["name"]) == (201, "a\ufffdb")
    assert call("GET", "/proxies/a%EF%BF%BDb").json() == made.json()


def test_an_error_of_populate_is_json_without_a_newline_and_in_this_order(call):
    answer = call("POST", "/populate", [{"name": "x"}])
    said = '{"error":"missing required field: upstream at proxy 1","status":400,"proxies":null}'
    assert (answer.headers["Content-Type"], answer.text) == ("application/json", said)


def test_an_update_by_post_does_what_patch_does(call, proxy):
    call("POST", "/proxies/c/toxics", {"type": "noop"})
    for path, change in [("/proxies/c", {"enabled": False}), ("/proxies/c/toxics/noop_downstream", {"toxicity": 0.5})]:
        assert call("POST", path, change).json() == call("PATCH", path, change).json()
