"""Values that stand out, in sessions that are rare: an impossible state often needs two legal values to meet.

A recorded rarity, and a value that another session has.
"""

from __future__ import annotations

from collections.abc import Iterator

from replayer.edits import set_value
from replayer.plan import Plan
from scenarios.explore.material import Feature, Material, Walk
from scenarios.explore.turns import attempted, in_turn

_NOTABLE = 5  # values of a field that stand out, at most


def odd_values(material: Material) -> Iterator[Plan]:
    """Each rare feature with each value that stands out in each other field of its session, the rarest first."""
    groups = [in_turn(_edited(material, feature) for feature in group) for group in material.kinds_of_feature()]
    return in_turn(groups)


def _edited(material: Material, feature: Feature) -> Iterator[Plan]:
    return in_turn([_edited_walk(material, walk, feature) for walk in material.rich_walks(feature)])


def _edited_walk(material: Material, walk: Walk, feature: Feature) -> Iterator[Plan]:
    """One field at a time with what stands out in it, numbers first: their extremes are what most rules are about."""
    values = material.values
    others = [used for used in walk.used if not used.bound and used.field != feature[1:3]]
    choices = sorted(
        (used for used in others if values.is_choice(used.field)),
        key=lambda used: not isinstance(used.value, int | float),
    )
    for turn in range(_NOTABLE):
        for used in choices:
            for value in values.notable(used.field, but=used.value)[turn : turn + 1]:
                yield from attempted(set_value, material.plan([walk]), used.step, used.place, value)
