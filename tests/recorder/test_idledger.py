import random

from recorder.idledger import IdLedger


def ledger(*ids: str) -> IdLedger:
    found = IdLedger()
    for one in ids:
        found.add(one)
    return found


def test_numbers_in_any_order_are_all_there() -> None:
    numbers = list(range(1, 2000))
    random.Random(1).shuffle(numbers)
    found = ledger(*(f"e{n:06}" for n in numbers))
    assert (found.missing, found.repeats) == (0, "")


def test_what_is_missing_below_the_highest_is_counted() -> None:
    assert ledger("e000002", "e000900000").missing == 899_998


def test_ids_that_repeat_are_counted_and_the_first_are_named() -> None:
    assert ledger("e000001", "e000001", "e000001").repeats == "2 ids repeat: e000001"
    many = [f"web-1.e{n:06}" for n in range(1, 9)]
    assert ledger(*many, *many).repeats.startswith("8 ids repeat: web-1.e000001, ")
    assert ledger(*many, *many).repeats.endswith(", web-1.e000005, ...")


def test_ids_of_another_form_repeat_too_and_are_never_missing() -> None:
    found = ledger("a", "b", "a")
    assert (found.missing, found.repeats) == (0, "1 ids repeat: a")
