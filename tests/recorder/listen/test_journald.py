"""Entries as `journalctl -o json` writes them."""

import json

import pytest

from recorder.listen.journald import Journal
from recorder.listen.logformat import Said
from recorder.listen.stamps import Stamp

ENTRY = {
    "__CURSOR": "s=1;i=7", "__REALTIME_TIMESTAMP": "1700000000600000", "_BOOT_ID": "b", "PRIORITY": "4",
    "_SYSTEMD_UNIT": "shop.service", "SYSLOG_IDENTIFIER": "shop", "_PID": "7", "_HOSTNAME": "a",
    "_SOURCE_REALTIME_TIMESTAMP": "1700000000500000", "MESSAGE": "no slot",
}  # fmt: skip


def line(**fields: object) -> str:
    return json.dumps({**ENTRY, **fields})


def test_an_entry_says_its_message_its_priority_and_when_it_was_said() -> None:
    said = Journal("shop").read(line())
    assert isinstance(said, Said)
    assert (said.level, said.message) == ("WARN", "no slot")
    assert said.stamp == Stamp(1_700_000_000.5, 1e-6)


def test_without_the_sayer_s_time_it_is_the_journal_s() -> None:
    said = Journal("shop").read(line(_SOURCE_REALTIME_TIMESTAMP=None))
    assert isinstance(said, Said)
    assert said.stamp == Stamp(1_700_000_000.6, 1e-6)


@pytest.mark.parametrize(("message", "level", "read"), [
    ("ERROR no slot", "ERROR", "no slot"),  # its own word is better than what systemd gives all of its output
    ('{"level":"fatal","msg":"down"}', "FATAL", "down"),
    (list(b"caf\xc3\xa9 \xff"), "WARN", "café \ufffd"),
    (None, "WARN", ""),  # too long to be shown
    (["one", "two"], "WARN", "one"),
])  # fmt: skip
def test_a_message_is_read_in_every_form_that_journalctl_gives_it(message: object, level: str, read: str) -> None:
    said = Journal("shop").read(line(MESSAGE=message))
    assert isinstance(said, Said)
    assert (said.level, said.message.strip()) == (level, read)


def test_it_goes_on_after_the_entry_that_was_read_last() -> None:
    journal = Journal("shop")
    assert journal.command() == [
        "journalctl", "--output=json", "--follow", "--no-pager", "--lines=0", "--unit=shop",
    ]  # fmt: skip
    journal.read(line())
    assert "--after-cursor=s=1;i=7" in journal.command()


@pytest.mark.parametrize("said", ["-- No entries --", "", "[1]", "Failed to add match: Invalid argument"])
def test_journalctl_s_own_words_are_no_entry(said: str) -> None:
    assert Journal("shop").read(said) == said
