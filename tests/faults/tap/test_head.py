"""What is read of a head, and what may become one."""

import pytest

from faults.tap.body import NotUnderstood
from faults.tap.head import CHUNKED, may_begin_request, path_of, read_answer, read_request, trace_id


def request(*fields: str, line: str = "GET /a HTTP/1.1"):
    head = "\r\n".join([line, *fields, "", ""]).encode()
    return read_request(head + b"Content-Length: 5\r\n\r\n", len(head))  # what follows isn't of it


def answer(*fields: str, line: str = "HTTP/1.1 200 OK", method: bytes = b"GET"):
    head = "\r\n".join([line, *fields, "", ""]).encode()
    return read_answer(head, len(head), method)


def test_a_request_without_fields_has_no_body_and_is_persistent():
    head = request()
    assert (head.method, head.target, head.length, head.persistent, head.tunnel) == (b"GET", b"/a", 0, True, False)


def test_names_of_fields_have_any_case_and_values_any_blanks():
    assert request("CONTENT-length:\t 12 ").length == 12
    assert request("Transfer-Encoding: gzip, CHUNKED").length == CHUNKED


def test_a_coding_counts_more_than_a_length():
    assert request("Content-Length: 3", "Transfer-Encoding: chunked").length == CHUNKED
    assert request("Transfer-Encoding: chunked", "Content-Length: 3").length == CHUNKED


@pytest.mark.parametrize(
    ("fields", "minor", "persistent"),
    [([], 1, True), ([], 0, False), (["Connection: Keep-Alive"], 0, True), (["Connection: foo, close"], 1, False)],
)
def test_a_connection_persists_as_its_version_and_options_say(fields, minor, persistent):
    assert request(*fields, line=f"GET /a HTTP/1.{minor}").persistent is persistent
    assert answer("Content-Length: 0", *fields, line=f"HTTP/1.{minor} 200 OK").persistent is persistent


def test_an_answer_without_a_length_ends_with_its_connection():
    head = answer()
    assert (head.length, head.persistent) == (None, False)


@pytest.mark.parametrize(
    ("line", "method"), [("HTTP/1.1 204 No", b"GET"), ("HTTP/1.1 304 Not", b"GET"), ("HTTP/1.1 200 OK", b"HEAD")]
)
def test_some_answers_have_no_body_whatever_they_say(line, method):
    assert answer("Content-Length: 10", line=line, method=method).length == 0
    assert answer(line=line, method=method).persistent


def test_a_reason_may_be_missing():
    assert answer("Content-Length: 0", line="HTTP/1.1 200").status == 200


@pytest.mark.parametrize("line", ["HTTP/2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 abc", "ICY 200 OK"])
def test_what_is_no_status_line_is_not_understood(line):
    with pytest.raises(NotUnderstood):
        answer(line=line)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a/b?c=/d", "/a/b"),
        (b"http://host:80/a?b", "/a"),
        (b"http://host", "/"),
        (b"*", "*"),
        (b"/a?u=http://b/c", "/a"),
        (b"/a://b", "/a://b"),
    ],
)
def test_a_path_is_of_any_form_of_target_without_the_query(target, path):
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("traceparent", "trace"),
    [
        (b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01", "a" * 32),
        (b"cc-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01-what.will.be", "a" * 32),
        (b"00-" + b"0" * 32 + b"-" + b"b" * 16 + b"-01", None),
        (b"00-" + b"A" * 32 + b"-" + b"b" * 16 + b"-01", None),
        (b"", None),
        (None, None),
    ],
)
def test_a_trace_id_is_that_of_a_valid_traceparent(traceparent, trace):
    assert trace_id(traceparent) == trace


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"G", True),
        (b"GET", True),
        (b"GET /a", True),
        (b"GET /a HTTP/1.1\r\nHo", True),
        (b"GET /a HTTP/1.1\r", True),
        (b"GET /a HTTP/2.0\r\n", False),
        (b"get /a", False),
        (b"hello", False),
        (b"\x16\x03", False),
        (b"PING\r\n", False),
        (b"A" * 30, False),
    ],
)
def test_what_may_become_a_request_is_told_early(data, may):
    assert may_begin_request(data) is may
