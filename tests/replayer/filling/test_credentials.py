from collections.abc import Callable
from pathlib import Path

import pytest

from foreshock.errors import UsageError
from replayer.answers import Unbound
from replayer.filling.credentials import Signer, refused, with_static
from replayer.filling.filling import Signing, Static
from replayer.plan import Step

Make = Callable[..., Step]
STATIC = Static(header="Authorization", value="Bearer staging")
OLD = (("Accept", "*/*"), ("authorization", "Bearer old"))


def test_a_static_credential_stands_where_one_was_recorded_and_nowhere_else(step: Make) -> None:
    old, none = step("s1", headers=OLD), step("s2")
    bound = step("s3", headers=OLD, bound=(("header:Authorization", "s1", "json:$.t"),))
    assert with_static(old, old.request, STATIC)[0].headers == (("Accept", "*/*"), ("authorization", "Bearer staging"))
    assert with_static(none, none.request, STATIC) == (none.request, False)
    assert with_static(bound, bound.request, STATIC) == (bound.request, False)


@pytest.mark.parametrize(
    ("status", "headers", "is_refused"), [(401, OLD, True), (403, OLD, False), (403, (), True), (200, OLD, False)]
)
def test_who_was_refused_stays_unknown_and_who_was_forbidden_stays_known(
    step: Make, status: int, headers: tuple[tuple[str, str], ...], is_refused: bool
) -> None:
    assert refused(step("s1", headers=headers, status=status)) is is_refused


def signing(tmp_path: Path, code: str, name: str = "sign") -> Signing:
    (tmp_path / "signing.py").write_text(code)
    return Signing(path=str(tmp_path / "signing.py"), name=name)


def test_a_users_function_signs_what_is_sent(step: Make, tmp_path: Path) -> None:
    code = "def sign(method, target, headers, body):\n    return {'X-Sig': f'{method} {target} {len(body)}'}\n"
    signed = Signer(signing(tmp_path, code)).sign(step("s1", headers=(("x-sig", "old"),), body="abc").request)
    assert signed.headers == (("X-Sig", "POST /orders 3"),)


def test_a_function_that_fails_leaves_the_step_unsent_and_tells_no_value(step: Make, tmp_path: Path) -> None:
    signer = Signer(signing(tmp_path, "def sign(*request):\n    raise KeyError('secret')\n"))
    with pytest.raises(Unbound) as said:
        signer.sign(step("s1").request)
    assert str(said.value) == "unbound: signing.py:sign could not sign it: KeyError"


@pytest.mark.parametrize(("code", "name"), [("sign = 1", "sign"), ("", "sign"), ("1/0", "sign")])
def test_a_file_without_the_function_is_refused(tmp_path: Path, code: str, name: str) -> None:
    with pytest.raises(UsageError, match=r"auth\.sign="):
        Signer(signing(tmp_path, code, name))
    with pytest.raises(UsageError, match="no such Python file"):
        Signer(Signing(path=str(tmp_path / "none.py"), name="sign"))
