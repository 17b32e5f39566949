"""Lines as `docker logs --timestamps` writes them."""

import pytest

from recorder.listen.docker import DockerLogs
from recorder.listen.logformat import Said


def test_a_line_is_the_program_s_own_and_its_time_docker_s() -> None:
    said = DockerLogs("shop").read("2023-11-14T22:13:20.500000000Z 2023-11-14 23:13:20 ERROR no slot\r")
    assert isinstance(said, Said)
    assert (said.level, said.message.strip()) == ("ERROR", "no slot")
    assert said.stamp == (pytest.approx(1_700_000_000.5), pytest.approx(1e-9))


def test_an_empty_line_of_the_program_is_one() -> None:
    said = DockerLogs("shop").read("2023-11-14T22:13:20.500000000Z ")
    assert isinstance(said, Said)
    assert said.message == ""


@pytest.mark.parametrize("words", ["Error response from daemon: No such container: shop", ""])
def test_docker_s_own_words_are_no_line(words: str) -> None:
    assert DockerLogs("shop").read(words) == words


def test_it_goes_on_after_the_line_that_was_read_last_and_reads_none_twice() -> None:
    docker = DockerLogs("shop")
    assert docker.command() == ["docker", "logs", "--follow", "--timestamps", "--tail", "0", "--", "shop"]
    last = "2023-11-14T22:13:20.500000000Z last"
    assert docker.read(last) is not None
    assert docker.command()[4:6] == ["--since", "2023-11-14T22:13:20.500000000Z"]
    assert docker.read(last) is None  # Docker says it again
    assert docker.read("2023-11-14T22:13:20.500000001Z next") is not None


def test_a_name_that_looks_like_an_option_is_none() -> None:
    assert DockerLogs("--help").command()[-2:] == ["--", "--help"]
