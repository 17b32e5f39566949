"""What was learned from one life of made-up services, judged by what the same clients send in another one."""

from typing import Any

import pytest


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearly_all_flows_of_all_styles_at_once_are_bound_and_none_of_the_decoys(
    judge: Any, all_styles: list[str], seed: int
) -> None:
    said = judge(all_styles, clients_seed=seed, world_seed=seed + 10)
    assert said.wrong == []
    assert said.bound > 500
    assert said.static > 2000
    assert said.recall >= 0.95, said.missed


@pytest.mark.parametrize(
    "style",
    ["nested", "hal", "json_api", "calls", "json_rpc", "graphql", "forms", "tokens", "versions", "cursors", "uploads",
     "catalogue", "rails", "batches", "odata", "chat", "checkout"],
)  # fmt: skip
def test_each_style_is_understood_by_itself(judge: Any, style: str) -> None:
    said = judge([style], clients_seed=7, world_seed=8)
    assert said.wrong == []
    assert said.recall >= 0.9, said.missed


@pytest.mark.parametrize("style", ["echoes", "counts", "brought"])
def test_what_only_looks_like_the_servers_own_is_left_alone(judge: Any, style: str) -> None:
    said = judge([style], clients_seed=7, world_seed=8, sessions=6)
    assert (said.bound, said.missed, said.wrong) == (0, [], [])
    assert said.static > 500
