import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foreshock.clock import Anchor
from foreshock.errors import UsageError
from replayer.filling.filling import Mapped, Spot
from replayer.plan import Header, Plan, Request, Source, Step
from scenarios.filling import filler_for, filling_of
from scenarios.loading import load_scenario
from scenarios.scenario import Scenario

SHOP = "version: 1\nname: shop\ntarget: http://127.0.0.1:1\n"


def load(folder: Path, text: str) -> Scenario:
    (folder / "shop.yaml").write_text(SHOP + text)
    return load_scenario(folder / "shop.yaml", {"WORD": "w0rd"})


def test_users_come_from_a_csv_file_or_a_yaml_list(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,name\n7,ann\n8,bob\n")
    (tmp_path / "users.yaml").write_text("- {name: ann, id: 7}\n- {name: bob, id: '8'}\n")
    text = "identities:\n  file: users.%s\n  who: [POST /login form:user]\n  into: {name: [form:user], id: [path:1]}\n"
    pools = [filling_of(load(tmp_path, text % kind), {}).users for kind in ("csv", "yaml")]
    assert pools[0] == pools[1]
    assert pools[0] is not None
    assert pools[0].rows == (("ann", "7"), ("bob", "8"))
    assert pools[0].who == (Spot(place="form:user", route="POST /login"),)


def test_a_map_comes_from_a_file_a_query_or_is_one_value(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("recorded,staging\n1,11\n")
    (tmp_path / "ids.yaml").write_text("1: 11\n")
    with closing(sqlite3.connect(tmp_path / "ids.db")) as database:
        database.execute("create table ids as select 1 as old, 11 as new")
        database.commit()
    text = """map:
  - {at: ['json:$.id'], file: ids.csv}
  - {at: ['json:$.id'], file: ids.yaml}
  - {at: ['json:$.id'], sql: {database: ids.db, query: 'select old, new from ids'}}
  - {at: ['header:X-Key'], value: '${env.WORD}'}
"""
    *same, last = filling_of(load(tmp_path, text), {}).mapped
    assert same == [Mapped(spots=(Spot(place="json:$.id"),), values={"1": "11"})] * 3
    assert last == Mapped(spots=(Spot(place="header:X-Key"),), always="w0rd")


def test_credentials_come_from_the_environment_by_name(tmp_path: Path) -> None:
    bearer = filling_of(load(tmp_path, "auth: {bearer: TOKEN}\n"), {"TOKEN": "t"}).static
    assert bearer is not None
    assert bearer.value == "Bearer t"
    basic = filling_of(load(tmp_path, "auth: {basic: {user: U, password: P}}\n"), {"U": "u", "P": "p"}).static
    assert basic is not None
    assert basic.value == "Basic dTpw"
    with pytest.raises(UsageError, match=r"shop\.yaml: auth\.bearer=TOKEN: the environment has no such variable"):
        filling_of(load(tmp_path, "auth: {bearer: TOKEN}\n"), {})


def test_a_log_in_is_a_post_of_json_or_a_form(tmp_path: Path) -> None:
    text = "auth: {login: {post: /login, form: {user: u, password: '${env.WORD}'}, take: 'json:$.token'}}\n"
    login = filling_of(load(tmp_path, text), {}).login
    assert login is not None
    assert (login.method, login.target, login.body, login.at) == (
        "POST",
        "/login",
        "user=u&password=w0rd",
        "json:$.token",
    )
    json_login = filling_of(load(tmp_path, "auth: {login: {post: /login, json: {user: u}}}\n"), {}).login
    assert json_login is not None
    assert (json_login.body, json_login.at) == ('{"user": "u"}', "")


@pytest.mark.parametrize("recorded_s", [0.0, 1714557600.0])
def test_dates_are_shifted_on_request_where_it_is_known_when_they_were_recorded(
    tmp_path: Path, recorded_s: float
) -> None:
    filling = filling_of(load(tmp_path, "replay: {shift_dates: true}\n"), {})
    request = Request(method="GET", target="/slots?day=2024-05-01")
    step = Step(id="s1", due_s=0.0, session="a", route="GET /slots", request=request)
    plan = Plan(Header(name="p", source=Source(recording="r", recorded_s=recorded_s)), (step,))
    filler = filler_for(filling, plan, "http://127.0.0.1:1", Anchor(wall_s=1714557600.0 + 86_400, monotonic_s=0.0))
    assert filler.fill(step).target == ("/slots?day=2024-05-02" if recorded_s else "/slots?day=2024-05-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("identities: {file: no.csv, into: {a: [form:a]}}", r"shop\.yaml:4: identities\.file='no\.csv': no such file"),
        ("identities: {file: u.csv, into: {a: [user]}}", r"shop\.yaml:4: identities\.into\.a\[0\]='user': expected a"),
        ("identities: {file: u.csv}", r"shop\.yaml:4: identities: 'into' is missing"),
        ("map: [{at: ['json:$.a'], value: x, file: u.csv}]", r"shop\.yaml:4: map\[0\]: .*exactly one of 'file'"),
        ("map: [{at: ['json:a'], value: x}]", r"shop\.yaml:4: map\[0\]\.at\[0\]='json:a': expected a"),
        ("map: [{at: [], value: x}]", r"shop\.yaml:4: map\[0\]\.at.*a list of places"),
        ("auth: {}", r"shop\.yaml:4: auth: .*one of 'bearer'"),
        ("auth: {bearer: A, basic: {user: A, password: B}}", r"shop\.yaml:4: auth: .*at most one"),
        ("auth: {bearer: 'eyJhbGci.x'}", r"shop\.yaml:4: auth\.bearer=.*name of an environment variable"),
        ("auth: {sign: 'sign.py'}", r"shop\.yaml:4: auth\.sign='sign\.py': expected a file and a function"),
        ("auth: {sign: 'sign.py:sign'}", r"shop\.yaml:4: auth\.sign=.*no such file"),
        ("auth: {login: {post: login}}", r"shop\.yaml:4: auth\.login\.post='login': expected a path"),
        ("auth: {login: {post: /l, take: token}}", r"shop\.yaml:4: auth\.login\.take='token': expected a place"),
        ("auth: {login: {post: /l, wrap: Bearer}}", r"shop\.yaml:4: auth\.login\.wrap='Bearer': expected text with"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "u.csv").write_text("a\nx\n")
    with pytest.raises(UsageError, match=message):
        load(tmp_path, f"{text}\n")


def test_the_scenario_of_the_document_loads(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "meaning.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", document, flags=re.DOTALL)
    (tmp_path / "users.csv").write_text("user,password,user_id\nann,x,7\n")
    (tmp_path / "products.csv").write_text("recorded,staging\n1,2\n")
    (tmp_path / "shop.yaml").write_text(SHOP + text)
    scenario = load_scenario(tmp_path / "shop.yaml", {"STAGING_KEY": "k"})
    assert scenario.replay.shift_dates
    assert scenario.identities is not None
    assert len(scenario.map) == 3
