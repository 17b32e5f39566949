import base64
import gzip
import json
import re

import msgspec
import pytest

from recorder.coding import coding_of
from recorder.exchange import Content, Exchange, Header, Request, Response, header
from recorder.policy import Policy
from recorder.pseudonym import Pseudonyms
from recorder.redact import Redactor

SECRET = "s3cr3t-Value-77"
MAILED = "OK, sent to ada@corp.dev"


def redactor() -> Redactor:
    return Redactor(b"key")


def exchange(
    *,
    url: str = "/",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    answer_headers: tuple[tuple[str, str], ...] = (),
    answer: bytes = b"",
) -> Exchange:
    return Exchange(
        id="e1",
        session="",
        connection="c1",
        started_s=0,
        request_ended_s=0,
        ended_s=1,
        request=Request(
            method="POST",
            url=url,
            http_version="HTTP/1.1",
            headers=tuple(Header(*pair) for pair in headers),
            post_data=Content.of(body),
        ),
        response=Response(
            status=200,
            status_text="OK",
            http_version="HTTP/1.1",
            headers=tuple(Header(*pair) for pair in answer_headers),
            content=Content.of(answer),
        ),
    )


def body_of(raw: bytes, content_type: str = "application/json", **more: str) -> bytes:
    headers = (("Content-Type", content_type), *more.items())
    return redactor().exchange(exchange(headers=headers, body=raw)).request.post_data.raw


def header_of(name: str, value: str) -> str:
    return header(redactor().exchange(exchange(headers=((name, value),))).request.headers, name) or ""


def stand_in(value: str) -> str:
    return Pseudonyms(b"key").of(value)


def test_what_the_policy_does_not_name_stays_byte_for_byte() -> None:
    plain = exchange(
        url="/a//b/?q=%7e&&x&tok=1#f",
        headers=(("hOST", "x"), ("X-A", "\xff"), ("x-a", " 2"), ("Content-Type", "application/json")),
        body=b'{"b" : 1.0,\n "a":"\\u00e9","discard":"kept","max_tokens":5} ',
        answer=b"\x00\xff binary",
    )
    assert redactor().exchange(plain) == plain


@pytest.mark.parametrize(
    "name", ["password", "newPassword", "access_token", "X-API-Key", "apiKey", "user[password]", "cardNumber"]
)
def test_named_fields_are_redacted_in_json_forms_and_queries(name: str) -> None:
    assert json.loads(body_of(json.dumps({"deep": [{name: SECRET}]}).encode()))["deep"][0][name] == stand_in(SECRET)
    form = "application/x-www-form-urlencoded"
    assert body_of(f"a=1&{name}={SECRET}&b=".encode(), form) == f"a=1&{name}={stand_in(SECRET)}&b=".encode()
    assert redactor().target(f"/p?{name}={SECRET}#x") == f"/p?{name}={stand_in(SECRET)}#x"


@pytest.mark.parametrize("name", ["discard", "tokens", "max_tokens", "secretary", "pinned", "emailed"])
def test_names_that_only_look_like_it_are_left_alone(name: str) -> None:
    raw = json.dumps({name: SECRET}).encode()
    assert body_of(raw) == raw


def test_all_that_is_below_a_named_field_is_redacted() -> None:
    body = json.loads(body_of(b'{"card": {"number": "4111111111111111", "cvv": 123, "ok": true}, "qty": 123}'))
    assert body["card"]["number"] != "4111111111111111"
    assert re.fullmatch(r"\d{16}", body["card"]["number"])
    assert body["card"]["cvv"] != 123
    assert body["card"]["ok"] is True
    assert body["qty"] == 123


def test_only_the_redacted_bytes_of_a_json_text_change() -> None:
    raw = b'{ "a":1.50 ,"password" :"x1y2","\\u00e9": [ ] }\n'
    assert body_of(raw) == raw.replace(b"x1y2", stand_in("x1y2").encode())


def test_a_cookie_that_was_set_is_the_cookie_that_is_sent() -> None:
    redact = redactor()
    setting = redact.exchange(exchange(answer_headers=(("Set-Cookie", f"sid={SECRET}; Path=/; HttpOnly"),)))
    sending = redact.exchange(exchange(headers=(("Cookie", f'a="b1"; sid={SECRET};x'),)))
    assert setting.response is not None
    assert header(setting.response.headers, "set-cookie") == f"sid={stand_in(SECRET)}; Path=/; HttpOnly"
    assert header(sending.request.headers, "cookie") == f'a="{stand_in("b1")}"; sid={stand_in(SECRET)};{stand_in("x")}'


def test_a_token_in_an_answer_is_the_bearer_token_later() -> None:
    redact = redactor()
    answer = redact.exchange(exchange(answer=json.dumps({"token": SECRET}).encode())).response
    assert answer is not None
    later = redact.exchange(exchange(headers=(("Authorization", f"Bearer {SECRET}"),), url=f"/sessions/{SECRET}"))
    token = json.loads(answer.content.raw)["token"]
    assert header(later.request.headers, "authorization") == f"Bearer {token}"
    assert later.request.url == f"/sessions/{token}"


def test_basic_credentials_stay_a_user_and_a_password() -> None:
    value = header_of("Authorization", "Basic " + base64.b64encode(b"ada@example.org:s3:cret").decode())
    user, password = base64.b64decode(value.removeprefix("Basic ")).decode().split(":", 1)
    assert (user, password) == (stand_in("ada@example.org"), stand_in("s3:cret"))


@pytest.mark.parametrize("value", ["Basic !!!", "Token abc123", "abc123", "Digest username=ada"])
def test_other_credentials_keep_at_most_their_scheme(value: str) -> None:
    redacted = header_of("Authorization", value)
    assert redacted.split(" ")[0] == value.split(" ")[0] if " " in value else redacted != value
    assert value.split(" ")[-1] not in redacted


@pytest.mark.parametrize("name", ["X-Api-Key", "Proxy-Authorization", "x-auth-token"])
def test_named_headers_are_redacted_whatever_their_case(name: str) -> None:
    assert SECRET not in header_of(name, SECRET)


def test_an_e_mail_address_is_redacted_under_any_name() -> None:
    mail = stand_in("ada@example.org")
    assert json.loads(body_of(b'{"who": "ada@example.org", "ada@example.org": 1}')) == {"who": mail, mail: 1}
    assert redactor().target("/users/ada%40example.org?for=ada@example.org") == (
        f"/users/{mail.replace('@', '%40')}?for={mail}"
    )


def test_addresses_in_location_and_referer_are_redacted() -> None:
    assert SECRET not in header_of("Location", f"https://ada:{SECRET}@host/cb?token={SECRET}")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_body_is_redacted_inside_and_its_length_follows(coding: str) -> None:
    packed = coding_of(coding).encode(json.dumps({"password": SECRET}).encode())
    headers = (("Content-Encoding", coding), ("Content-Type", "application/json"), ("content-LENGTH", str(len(packed))))
    request = redactor().exchange(exchange(headers=headers, body=packed)).request
    assert json.loads(coding_of(coding).decode(request.post_data.raw)) == {"password": stand_in(SECRET)}
    assert header(request.headers, "content-length") == str(request.post_data.size)


def test_a_compressed_body_without_secrets_keeps_its_bytes() -> None:
    packed = gzip.compress(b'{"a": 1}', compresslevel=1, mtime=123)
    assert body_of(packed, **{"Content-Encoding": "gzip"}) == packed


@pytest.mark.parametrize(
    ("body", "coding"), [(b"not gzip", "gzip"), (b"x", "compress"), ('{"password":"x"}'.encode("utf-16-le"), "")]
)
def test_a_body_that_cannot_be_looked_into_is_withheld_and_counted(body: bytes, coding: str) -> None:
    redact = redactor()
    headers = (("Content-Encoding", coding), ("Content-Type", "application/json"))
    content = redact.exchange(exchange(headers=headers, body=body)).request.post_data
    assert content == Content(size=len(body))
    assert redact.bodies_withheld == 1


def test_the_values_of_a_multipart_form_are_redacted_and_its_files_are_not() -> None:
    def part(head: str, content: str) -> str:
        return f"--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"

    raw = (
        part('name="a"', "1")
        + part('name="password"', SECRET)
        + part('name="token"; filename="f"', "file")
        + "--B--\r\n"
    )
    redacted = body_of(raw.encode(), "multipart/form-data; boundary=B").decode()
    assert redacted == raw.replace(SECRET, stand_in(SECRET))


def test_a_form_without_a_content_type_is_told_by_its_look() -> None:
    assert body_of(f"user=a&password={SECRET}".encode(), "") == f"user=a&password={stand_in(SECRET)}".encode()


def test_a_cut_json_body_is_redacted_up_to_its_end() -> None:
    assert SECRET[:-3].encode() not in body_of(f'{{"password": "{SECRET[:-3]}'.encode())


def test_bytes_that_are_not_utf_8_stay_beside_what_is_redacted() -> None:
    assert body_of(b'{"a":"\xff\xfe","pin":"12345678"}').startswith(b'{"a":"\xff\xfe","pin":"')


def test_free_text_loses_addresses_credentials_and_named_values() -> None:
    text = redactor().text(f'for ada@example.org: password="{SECRET}", Bearer {SECRET} token={SECRET} qty=3')
    assert SECRET not in text
    assert "ada@" not in text
    assert text.endswith("qty=3")


def test_a_policy_of_ones_own_names_what_is_redacted() -> None:
    redact = Redactor(b"key", Policy(headers=("X-Mine",), fields=("my field",)))
    done = redact.exchange(
        exchange(headers=(("x-mine", SECRET), ("Cookie", "a=b")), body=b'{"myField":"v1","token":"t"}')
    )
    assert header(done.request.headers, "x-mine") != SECRET
    assert header(done.request.headers, "cookie") == "a=b"
    assert json.loads(done.request.post_data.raw)["token"] == "t"
    assert json.loads(done.request.post_data.raw)["myField"] != "v1"


def test_the_manifests_note_holds_the_policy_and_not_the_key() -> None:
    note = msgspec.json.encode(Redactor(b"a key of sixteen").redaction)
    assert b"authorization" in note
    assert b"a key of sixteen" not in note


@pytest.mark.parametrize("fragment", ["ada@corp.dev", "/mail/ada@corp.dev", "at=ada%40corp.dev"])
def test_fragments_are_redacted_in_targets_and_in_headers(fragment: str) -> None:
    redacted = redactor().exchange(exchange(url=f"/a#{fragment}", headers=(("Referer", f"http://h/a#{fragment}"),)))
    assert redacted.request.url.startswith("/a#")
    assert "corp.dev" not in str(redacted)


def test_a_fragment_that_holds_nothing_private_stays() -> None:
    assert redactor().exchange(exchange(url="/a?b=c#section-2")).request.url == "/a?b=c#section-2"


def test_the_reason_of_a_status_is_redacted_and_a_standard_one_stays_even_in_strict_mode() -> None:
    strict = Redactor(b"key", Policy(strict=True))
    standard = exchange()
    assert strict.exchange(standard).response == standard.response
    assert standard.response is not None
    chatty = msgspec.structs.replace(standard, response=msgspec.structs.replace(standard.response, status_text=MAILED))
    assert "corp.dev" not in str(redactor().exchange(chatty))
    assert "sent" not in str(strict.exchange(chatty))


@pytest.mark.parametrize("strict", [False, True])
def test_the_host_stays_unless_it_is_no_hosts_name(strict: bool) -> None:
    told = exchange(headers=(("Host", "shop.example:8080"), ("Host", "ada@corp.dev")))
    first, second = Redactor(b"key", Policy(strict=strict)).exchange(told).request.headers
    assert first.value == "shop.example:8080"
    assert "corp.dev" not in second.value


def test_users_in_urls_stay_where_the_policy_keeps_their_kind() -> None:
    told = exchange(headers=(("Referer", "http://build:a-password-1@h/a"),))
    kept = Redactor(b"key", Policy(kept_kinds=("user info",))).exchange(told)
    assert kept.request.headers == told.request.headers
    assert "a-password-1" not in str(redactor().exchange(told))
