import pytest

from recorder.policy import Policy, names_of


@pytest.mark.parametrize("name", ["api_key", "apiKey", "APIKey", "X-Api-Key", "stripe api key", "userEmail", "e-mail"])
def test_a_name_is_meant_however_its_words_are_joined(name: str) -> None:
    assert names_of(Policy())(name)


@pytest.mark.parametrize("name", ["", "key", "apikeys", "email_verified", "discard", "7"])
def test_other_names_are_not_meant(name: str) -> None:
    assert not names_of(Policy())(name)
