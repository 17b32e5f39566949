import pytest

from replayer.worth import drawn, small


@pytest.mark.parametrize(
    "text",
    [
        "0f6ac896-505a-45a5-8a90-70f8be1856b8",
        "ord_8f3k2l9",
        "rcp_6isigq8jtg",
        "1795448339979",
        '"1795448339979"',
        'W/"64943849ab"',
        "eyJhbGciOiJub25lIn0.e30.",
        "dGhpc0lzQVRva2Vu",
        "kTqXwRzBnMvLpJhG",
        "T3JkZXI6Nw==",
        "order-8f3k2l9x",
        "dfapciuiksckmxennbcxmojpvqrfkxlfkgsmxfemqrnjnluabjteuypsggyz",
    ],
)
def test_what_a_machine_drew_says_where_it_came_from(text: str) -> None:
    assert drawn(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "1999",
        "4123567",
        "20240501",
        "1699000000",
        "pending",
        "credit_card",
        "2024-05-01",
        "2024-05-01T10:00:00Z",
        "20240501T100000Z",
        "A Long Plain Title",
        "Draft 20241101",
        "size-42-blue",
        "plan-2024-basic",
        "iPhone15ProMax",
        "pneumonoultramicroscopicsilicovolcanoconiosis",
        "1920x1080",
        "h264player",
        "someCamelCaseWords",
        "client-00042-a",
        "x" * 5000,
    ],
)
def test_what_people_count_choose_or_date_comes_twice_by_chance(text: str) -> None:
    assert not drawn(text)


@pytest.mark.parametrize(("text", "can_be_an_id"), [("7", True), ("green-tea", True), ("a b", False), ("", False)])
def test_small_values_can_be_ids(text: str, can_be_an_id: bool) -> None:
    assert small(text) is can_be_an_id
