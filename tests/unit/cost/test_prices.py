import math
from datetime import date

import pytest

from pixlake.cost.items import ITEMS
from pixlake.cost.prices import Price, Tier, price_list
from pixlake.cost.workload import Workload

TIERED = Price((Tier(1_000_000, 0.001), Tier(5_000_000, 0.0008), Tier(math.inf, 0.0006)), 1, "images", "a page")


@pytest.mark.parametrize(
    ("images", "usd"),
    [
        (0, 0),
        (500_000, 500),
        (1_000_000, 1_000),
        (3_000_000, 1_000 + 2_000_000 * 0.0008),
        (10_000_000, 1_000 + 3_200 + 5_000_000 * 0.0006),
    ],
)
def test_each_tier_holds_for_the_part_that_falls_into_it(images, usd):
    assert TIERED.of(images) == pytest.approx(usd)


def test_a_price_may_be_for_many_units():
    assert Price((Tier(math.inf, 0.40),), 1_000_000, "requests", "a page").of(2_500_000) == pytest.approx(1.0)


def test_the_price_list_is_dated_and_of_one_region_and_architecture():
    prices = price_list()

    assert (prices.dated > date(2026, 1, 1), prices.region, prices.architecture) == (True, "us-east-1", "x86_64")


def test_every_price_has_a_page_a_unit_and_tiers_that_rise_without_end():
    for name, price in price_list().by_name.items():
        bounds = [tier.up_to for tier in price.tiers]
        assert bounds == sorted(set(bounds)), name
        assert bounds[-1] == math.inf, name
        assert all(tier.usd > 0 for tier in price.tiers), name
        assert price.page.startswith(("AWS ", "Amazon ")), name
        assert price.unit, name


def test_every_price_is_used():
    charged = {charge.price for make in ITEMS for charge in make(Workload(entry="sns")).charges}

    assert charged | {"rekognition_images", "gpu_vm"} == set(price_list().by_name)
