"""The heal journal tells a dead run from a living one, and what the dead one may have left."""

import os
import signal
import subprocess
import sys
import threading

import msgspec
import pytest

from faults.healing import Entry, HealJournal, journals, orphaned, read_journal, state_folder
from foreshock.errors import HarnessError

URL = "http://127.0.0.1:8474"


def test_what_is_about_to_be_done_is_in_the_file_before_it_is_done(tmp_path):
    with HealJournal.open(tmp_path / "new" / "folder", "demo", URL, taps="http://127.0.0.1:1") as journal:
        journal.about_to("foreshock-demo-payments", "create")
        journal.about_to("foreshock-demo-payments", "toxic slow")
        journal.about_to("foreshock-demo-payments~1", "create")
        read = read_journal(journal.path)
        assert read is not None
        assert (read.opening.run, read.opening.url, read.opening.pid) == ("demo", URL, os.getpid())
        assert read.entries[1] == Entry("foreshock-demo-payments", "toxic slow")
        assert read.proxies == ("foreshock-demo-payments", "foreshock-demo-payments~1")
        assert journal.path.stat().st_mode & 0o777 == 0o600


def test_what_was_noted_is_not_noted_again_so_that_a_long_run_keeps_a_short_journal(tmp_path):
    with HealJournal.open(tmp_path, "demo", URL) as journal:
        for _ in range(3):
            journal.about_to("p", "disable")
        read = read_journal(journal.path)
        assert read is not None and len(read.entries) == 1


def test_a_living_owner_s_journal_is_not_orphaned_and_a_closed_one_is(tmp_path):
    journal = HealJournal.open(tmp_path, "demo", URL)
    journal.about_to("p", "create")
    with orphaned(journal.path) as is_dead:
        assert not is_dead
    journal.close()
    with orphaned(journal.path) as is_dead, orphaned(journal.path) as again:
        assert is_dead
        assert not again  # a second healer keeps away


def test_a_killed_owner_s_journal_is_orphaned_and_says_what_it_was_about_to_do(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from faults.healing import HealJournal\n"
        "journal = HealJournal.open(Path(sys.argv[1]), 'demo', 'http://127.0.0.1:1')\n"
        "journal.about_to('p', 'create'); print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        (path,) = journals(tmp_path)
        assert path.name == f"demo-{owner.pid}.jsonl"
        with orphaned(path) as is_dead:
            assert not is_dead
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    with orphaned(path) as is_dead:
        assert is_dead
    read = read_journal(path)
    assert read is not None and read.proxies == ("p",)


def test_a_child_that_outlives_its_owner_does_not_hold_the_journal(tmp_path):
    journal = HealJournal.open(tmp_path, "demo", URL)
    journal.about_to("p", "create")
    with subprocess.Popen([sys.executable, "-P", "-c", "input()"], stdin=subprocess.PIPE) as child:
        journal.close()
        with orphaned(journal.path) as is_dead:
            assert is_dead
        child.communicate(b"\n")


def test_a_healed_journal_is_gone_and_one_that_never_said_anything_too(tmp_path):
    with HealJournal.open(tmp_path, "healed", URL) as journal:
        journal.about_to("p", "create")
        journal.healed()
    with HealJournal.open(tmp_path, "silent", URL):
        pass
    assert journals(tmp_path) == []


def test_a_way_out_without_healing_keeps_the_journal(tmp_path):
    with pytest.raises(ValueError, match="a bug"), HealJournal.open(tmp_path, "demo", URL) as journal:
        journal.about_to("p", "create")
        raise ValueError("a bug")
    assert journals(tmp_path) == [journal.path]


def test_a_dead_run_s_journal_of_the_same_name_is_never_overwritten(tmp_path):
    first = HealJournal.open(tmp_path, "a/b", URL)
    first.about_to("p", "create")
    first.close()
    with HealJournal.open(tmp_path, "a/b", URL) as second:
        assert [path.name for path in journals(tmp_path)] == [
            f"a-b-{os.getpid()}-2.jsonl",
            f"a-b-{os.getpid()}.jsonl",
        ]
        assert second.path != first.path


def test_lines_of_several_threads_do_not_mix(tmp_path):
    with HealJournal.open(tmp_path, "demo", URL) as journal:

        def note(thread: int) -> None:
            for number in range(200):
                journal.about_to(f"p{thread}", f"toxic {number}")

        threads = [threading.Thread(target=note, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        read = read_journal(journal.path)
        assert read is not None and len(set(read.entries)) == 800


def test_a_torn_last_line_is_left_out_and_an_empty_journal_says_nothing(tmp_path):
    with HealJournal.open(tmp_path, "demo", URL) as journal:
        journal.about_to("p", "create")
        whole = journal.path.read_bytes()
        journal.path.write_bytes(whole + b'{"proxy":"q","wh')
        read = read_journal(journal.path)
        assert read is not None and read.proxies == ("p",)
        journal.path.write_bytes(b"")
        assert read_journal(journal.path) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello\n", r"demo\.jsonl: not a heal journal that can be read .*if it is none, delete it"),
        (
            msgspec.json.encode({"version": 2, "run": "r", "url": URL, "pid": 1, "opened_at": ""}) + b"\n",
            r"demo\.jsonl: version=2: expected 1; heal with the newer Foreshock",
        ),
    ],
)
def test_a_file_that_is_no_journal_is_one_clear_error(tmp_path, content, message):
    path = tmp_path / "demo.jsonl"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=message):
        read_journal(path)


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        HarnessError, match=r"heal journal .*file/heal: can't be written \(Not a directory\); without it"
    ):
        HealJournal.open(tmp_path / "file" / "heal", "demo", URL)


def test_a_full_disk_is_said_before_anything_is_made(tmp_path):
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(HarnessError, match=r"can't be written \(No space left on device\)"):
            HealJournal(tmp_path / "demo.jsonl", full).about_to("p", "create")
    finally:
        os.close(full)


def test_journals_are_kept_in_the_state_folder_of_the_user(tmp_path):
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "foreshock" / "heal"
    assert state_folder({"XDG_STATE_HOME": "relative"}).parts[-4:] == (".local", "state", "foreshock", "heal")
    assert journals(tmp_path / "never made") == []
