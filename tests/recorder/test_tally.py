import pytest

from recorder.tally import Tally, Tallying, host_name


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop.example", "shop.example"),
        (" Shop.Example.:8080", "shop.example"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:80", "::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("fe80::1", "fe80::1"),
        ("", ""),
        ("a b", ""),
        ("shop.example:http", ""),
        ("x" * 254, ""),
        ("?", ""),
    ],
)
def test_a_host_is_named_without_its_port_in_one_way(text: str, host: str) -> None:
    assert host_name(text) == host


def test_hosts_beyond_the_bound_and_what_is_no_host_are_counted_together() -> None:
    tallying = Tallying(most=2)
    for host in ("a", "b", "c", "a", "", "c"):
        tallying.add(host)
    assert tallying.tally == Tally(by_host={"a": 2, "b": 1}, unlisted=3)


def test_tallies_of_several_recorders_add_up() -> None:
    one, other = Tally(by_host={"a": 2}, unlisted=1), Tally(by_host={"a": 1, "b": 5})
    assert one.plus(other) == Tally(by_host={"a": 3, "b": 5}, unlisted=1)
    assert not Tally()
    assert Tally(unlisted=1)
