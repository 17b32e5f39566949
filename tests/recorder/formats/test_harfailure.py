import pytest

from recorder.formats.harfailure import STATUS_0, failure_of


@pytest.mark.parametrize(("said", "reason"), [
    ("net::ERR_ABORTED", "client aborted"),
    ("net::ERR_CONNECTION_REFUSED", "upstream refused"),
    ("NS_ERROR_NET_TIMEOUT", "timeout"),
    ("net::ERR_SSL_PROTOCOL_ERROR", "tls: err_ssl_protocol_error"),
    ("net::ERR_HTTP2_PROTOCOL_ERROR", "protocol: err_http2_protocol_error"),
    ("Failed for user hunter2", STATUS_0),
    ("", STATUS_0),
])  # fmt: skip
def test_a_browsers_code_is_a_reason_and_other_words_are_none(said: str, reason: str) -> None:
    assert failure_of(said) == reason
