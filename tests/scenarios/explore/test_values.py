import pytest

from recorder.shape import FieldShape, RouteShape, Shape, ValueCount
from replayer.edits import set_value
from replayer.plan import Binding, Body, Header, Plan, Request, Step
from scenarios.explore.material import Material
from scenarios.explore.values import Field, Values

QTY = Field("POST /items", "json:$.qty")


def _item(plan: Plan) -> str:
    return next(step.id for step in plan.steps if step.route == "POST /items")


@pytest.fixture
def plan(material: Material) -> Plan:
    return material.plan(material.walks_to("POST /checkout")[:1])


def test_notable_values_are_the_extremes_then_the_rarest_but_not_the_own(material: Material) -> None:
    assert material.values.notable(QTY, but=2)[:2] == [12, 1]
    assert 12 not in material.values.notable(QTY, but=12)


def test_a_field_whose_values_come_back_is_a_choice_and_a_name_is_none(material: Material) -> None:
    assert material.values.is_choice(QTY)
    assert not material.values.is_choice(Field("POST /login", "json:$.name"))


def test_oddness_grows_with_rarity_and_is_most_for_what_was_never_recorded(material: Material, plan: Plan) -> None:
    values = material.values
    odd = []
    for value in (values.recorded(QTY)[0], 12, 999, True):
        (edit,) = set_value(plan, _item(plan), "json:$.qty", value).header.edits
        odd.append(values.oddness(plan, edit))  # type: ignore[arg-type]
    assert odd == [0, 3, 4, 4]  # true is not 1


def test_plainer_plans_put_a_more_frequent_value_in_the_place_of_an_odd_one_and_a_recorded_number_on_the_way_back(
    material: Material, plan: Plan
) -> None:
    odd = set_value(plan, _item(plan), "json:$.qty", 999)
    plainer = material.values.plainer(odd)
    frequent = material.values.recorded(QTY)[:3]
    assert [one.header.edits[0].now for one in plainer] == [*frequent, 12]  # type: ignore[union-attr]
    assert material.values.plainer(set_value(plan, _item(plan), "json:$.qty", material.values.recorded(QTY)[0])) == []


def test_ordinary_plans_make_an_odd_recorded_value_the_usual_one(material: Material) -> None:
    (walk, _) = material.rivals["POST /checkout"][0]
    (one,) = material.values.ordinary(material.plan([walk]))
    assert one.element == "value sku=last in POST /items, as recorded (usually: sku-2)"
    (edit,) = one.plan.header.edits
    assert (edit.was, edit.now) == ("last", "sku-2")  # type: ignore[union-attr]


def test_items_of_an_array_are_one_field_and_what_a_binding_writes_is_told() -> None:
    field = FieldShape(place="json:$.lines[*].qty", count=2, distinct=1, values=(ValueCount(1, 2),))
    route = RouteShape(
        route="POST /orders", count=1, rate_per_s=1, statuses={}, errors=0, p50_s=None, p99_s=None, fields=(field,)
    )
    shape = Shape(recording="", exchanges=1, sessions=1, duration_s=0, routes=(route,))
    request = Request(method="POST", target="/orders", body=Body(text='{"lines":[{"qty":1},{"qty":1}]}'))
    binding = Binding(into="json:$.lines[1].qty", from_="s0", at="json:$.n")
    step = Step(id="s1", due_s=0, session="a", route="POST /orders", request=request, bindings=(binding,))
    used = list(Values(shape).used(Plan(Header(name="x"), (step,)).steps))
    assert [(one.place, one.field.place, one.bound) for one in used] == [
        ("json:$.lines[0].qty", "json:$.lines[*].qty", False),
        ("json:$.lines[1].qty", "json:$.lines[*].qty", True),
    ]


def test_headers_and_cookies_are_left_as_recorded(material: Material, plan: Plan) -> None:
    header = FieldShape(place="header:Authorization", count=1, distinct=1, values=(ValueCount("x", 1),))
    route = RouteShape(
        route="POST /items", count=1, rate_per_s=1, statuses={}, errors=0, p50_s=None, p99_s=None, fields=(header,)
    )
    shape = Shape(recording="", exchanges=1, sessions=1, duration_s=0, routes=(route,))
    assert list(Values(shape).used(plan.steps)) == []
