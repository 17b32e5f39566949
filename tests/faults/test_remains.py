"""What a killed run left on a server is undone, and what living runs and other people have there is not touched."""

import socket
from contextlib import closing

import pytest

from faults.healing import HealJournal, journals
from faults.remains import heal_journals, heal_server
from faults.toxic import Toxic
from faults.toxiproxy import Server

READ_S = 5.0
SLOW = Toxic(name="slow", type="latency", attributes={"latency": 50, "jitter": 0})


def killed(folder, run, url, *names, **options) -> None:
    """The journal of a run that is dead."""
    journal = HealJournal.open(folder, run, url, **options)
    for name in names:
        journal.about_to(name, "create")
    journal.close()


@pytest.fixture
def nobody():
    """A URL where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def hanging():
    """A URL that takes connections and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def test_what_a_killed_run_left_is_undone_told_and_taken_away(server, tmp_path):
    server.create("127.0.0.1:1", "foreshock-r-a", toxics=[SLOW])
    server.create("127.0.0.1:1", "foreshock-r-b").disable()
    server.create("127.0.0.1:1", "somebody else's", toxics=[SLOW])
    killed(tmp_path, "r", server.url, "foreshock-r-a", "foreshock-r-b", "foreshock-r-c")
    looked = heal_journals(tmp_path, READ_S)
    (remains,) = looked.remains
    assert remains.of.startswith("run r (pid ")
    assert remains.of.endswith(f"on Toxiproxy at {server.url}")
    assert remains.done == (
        "proxy foreshock-r-a: removed toxic slow, took it away",
        "proxy foreshock-r-b: enabled it, took it away",
        "proxy foreshock-r-c: was gone already",
    )
    assert not remains.trouble
    assert list(server.proxies()) == ["somebody else's"]
    assert list(server.get_proxy("somebody else's").toxics()) == ["slow"]
    assert journals(tmp_path) == []


def test_a_living_run_is_never_touched(server, tmp_path):
    server.create("127.0.0.1:1", "foreshock-alive-a", toxics=[SLOW])
    with HealJournal.open(tmp_path, "alive", server.url) as journal:
        journal.about_to("foreshock-alive-a", "create")
        killed(tmp_path, "dead", server.url, "foreshock-alive-a")  # as if it had had a proxy of that name
        looked = heal_journals(tmp_path, READ_S)
        assert looked.alive == (journal.path.stem,)
        assert looked.remains[0].done == ("proxy foreshock-alive-a: left alone, a living run has it now",)
        remains = heal_server(server.url, tmp_path, READ_S, everybodys=True)
        assert remains.done == ("proxy foreshock-alive-a: left alone, its run is alive",)
        assert list(server.get_proxy("foreshock-alive-a").toxics()) == ["slow"]
        assert journals(tmp_path) == [journal.path]


def test_a_server_is_rid_of_ours_without_a_journal_and_of_others_toxics_only_when_asked(server, tmp_path):
    server.create("127.0.0.1:1", "foreshock-lost-a", toxics=[SLOW])
    server.create("127.0.0.1:1", "other", toxics=[SLOW])
    remains = heal_server(server.url, tmp_path, READ_S, everybodys=False)
    assert remains.done == ("proxy foreshock-lost-a: removed toxic slow, took it away",)
    assert list(server.get_proxy("other").toxics()) == ["slow"]
    remains = heal_server(server.url, tmp_path, READ_S, everybodys=True)
    assert remains.done == ("proxy other: removed toxic slow",)
    assert server.get_proxy("other").toxics() == {}


@pytest.fixture
def real(url_of):
    """A real Toxiproxy."""
    with closing(Server(url_of("toxiproxy"))) as server:
        yield server
        server.destroy_all()


@pytest.mark.toxiproxy
def test_proxies_that_outliving_relays_pass_traffic_through_are_healed_and_stay_until_those_are_gone(
    real, url_of, tmp_path, nobody
):
    real.create("127.0.0.1:1", "foreshock-r-a", toxics=[SLOW]).disable()
    relays = url_of("embedded")
    killed(tmp_path, "r", real.url, "foreshock-r-a", taps=relays)
    (remains,) = heal_journals(tmp_path, READ_S).remains
    assert remains.done[0] == "proxy foreshock-r-a: removed toxic slow, enabled it"
    assert "its relays outlived it" in remains.done[1]
    assert real.get_proxy("foreshock-r-a").enabled
    assert len(journals(tmp_path)) == 1
    (journal,) = journals(tmp_path)
    journal.write_bytes(journal.read_bytes().replace(relays.encode(), nobody.encode()))  # they have ended
    (remains,) = heal_journals(tmp_path, READ_S).remains
    assert remains.done == ("proxy foreshock-r-a: took it away",)
    assert journals(tmp_path) == []


@pytest.mark.toxiproxy
def test_a_port_that_was_lost_does_not_keep_a_disabled_proxy_from_being_taken_away(real, tmp_path):
    proxy = real.create("127.0.0.1:1", "foreshock-r-a")
    proxy.disable()
    host, _, port = proxy.listen.rpartition(":")
    with socket.socket() as thief:
        thief.bind((host, int(port)))
        thief.listen()
        killed(tmp_path, "r", real.url, "foreshock-r-a")
        (remains,) = heal_journals(tmp_path, READ_S).remains
    assert (remains.done, remains.trouble) == (("proxy foreshock-r-a: took it away",), "")
    assert real.proxies() == {}


def test_a_server_out_of_reach_is_named_its_journal_is_kept_and_the_others_are_healed(url_of, tmp_path, nobody):
    with closing(Server(url_of("embedded"))) as server:
        server.create("127.0.0.1:1", "foreshock-z-a", toxics=[SLOW])
        killed(tmp_path, "a", nobody, "foreshock-a-a")
        killed(tmp_path, "z", server.url, "foreshock-z-a")
        first, second = heal_journals(tmp_path, READ_S).remains
        assert first.trouble.startswith(f"Toxiproxy at {nobody}: GET /version: no connection (Connection refused)")
        assert "its journal is kept: " in first.trouble
        assert "delete this file" in first.trouble
        assert (second.trouble, server.proxies()) == ("", {})
        assert [path.name[0] for path in journals(tmp_path)] == ["a"]


def test_a_server_that_the_run_had_started_and_that_is_gone_leaves_nothing_to_heal(tmp_path, nobody):
    killed(tmp_path, "r", nobody, "foreshock-r-a", ends_with_run=True)
    (remains,) = heal_journals(tmp_path, READ_S).remains
    assert (remains.done, remains.trouble) == (("the run's own server has ended, and its proxies with it",), "")
    assert journals(tmp_path) == []


def test_a_server_that_hangs_is_waited_for_once_and_its_journals_are_kept(tmp_path, hanging):
    for run in ("a", "b"):
        killed(tmp_path, run, hanging, f"foreshock-{run}-p")
    first, second = heal_journals(tmp_path, 0.2).remains
    assert "GET /version: no answer within 0.2 s; it hangs" in first.trouble
    assert second.trouble.startswith(f"Toxiproxy at {hanging}: as above; its journal is kept: ")
    assert len(journals(tmp_path)) == 2
    assert "it hangs" in heal_server(hanging, tmp_path, 0.2, everybodys=False).trouble


def test_only_the_journals_of_the_server_that_is_asked_for_are_looked_at(url_of, tmp_path, nobody):
    url = url_of("embedded")
    killed(tmp_path, "here", url, "foreshock-here-a")
    killed(tmp_path, "there", nobody, "foreshock-there-a")
    looked = heal_journals(tmp_path, READ_S, url.replace("127.0.0.1", "localhost") + "/")
    assert [remains.of.split()[1] for remains in looked.remains] == ["here"]


def test_journals_that_say_nothing_or_nonsense(tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "nonsense.jsonl").write_bytes(b"hello\n")
    (remains,) = heal_journals(tmp_path, READ_S).remains
    assert "not a heal journal that can be read" in remains.trouble
    assert [path.name for path in journals(tmp_path)] == ["nonsense.jsonl"]
