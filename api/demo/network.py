"""The units of a made-up network. Pure: values in, values out."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from api.demo.story import Truth
from api.network.plans import NewUnit, Profile

SHARES: dict[str, dict[str, float]] = {
    "cars": {"test_drive": 0.15, "delivery": 0.15, "service": 0.70},
    "bank": {"counter": 1.0},
}
FOUNDED_ON = date(2015, 1, 1)
ROOT = "NET"


def make_regions(words: dict[str, Any]) -> list[NewUnit]:
    """Regions and their areas."""
    units: list[NewUnit] = []
    for region in words["regions"]:
        units.append(
            NewUnit(region["code"], "region", region["zh"], ROOT, FOUNDED_ON, region["en"])
        )
        units.extend(
            NewUnit(
                code,
                "area",
                zh,
                region["code"],
                FOUNDED_ON,
                en,
                timezone="Asia/Urumqi" if code == "XJ" else None,
            )
            for code, zh, en, _ in region["areas"]
        )
    return units


def make_branches(
    words: dict[str, Any],
    network: str,
    truth: Truth,
    rng: np.random.Generator,
    *,
    today: date,
    owner_groups: Mapping[str, int],
) -> list[NewUnit]:
    """One branch per branch of the truth, in its order; big cities get more of them."""
    areas = [area for region in words["regions"] for area in region["areas"]]
    chances = np.array([4.0 - tier for *_, tier in areas])
    drawn = rng.choice(len(areas), len(truth.nps), p=chances / chances.sum())
    first = min(len(areas), len(drawn))
    drawn[:first] = np.arange(first)  # no area stays empty
    groups = list(owner_groups.values())
    return [
        _branch(words[network], areas[area], index, truth, today=today, groups=groups)
        for index, area in enumerate(drawn.tolist())
    ]


def _branch(
    theme: dict[str, Any],
    area: tuple[str, str, str, int],
    index: int,
    truth: Truth,
    *,
    today: date,
    groups: list[int],
) -> NewUnit:
    code, zh, en, tier = area
    house_zh, house_en = theme["houses"][index % len(theme["houses"])]
    number = index // len(theme["houses"]) + 1
    weight = truth.weight[index]
    opened_on = today - timedelta(days=60 if index == truth.new else 1500)
    return NewUnit(
        code=f"{code}{index + 1:04d}",
        kind="branch",
        name_zh=f"{zh}{house_zh}{theme['suffix_zh']} {number:02d}",
        name_en=f"{en} {house_en} {theme['suffix_en']} {number:02d}",
        parent=code,
        since=opened_on,
        level=theme["leaf"],
        opened_on=opened_on,
        closed_on=today - timedelta(days=150) if index == truth.closed else None,
        profile=Profile(
            city_tier=str(tier),
            size="large" if weight > 1.4 else "small" if weight < 0.7 else "medium",
            owner_group_id=groups[index % 9] if index % 9 < len(groups) else None,
        ),
    )
