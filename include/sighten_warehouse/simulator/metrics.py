"""The DAL's metrics: what each one tells of, and what it is for a given site or quote."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Literal

from sighten_warehouse.simulator.cast import Site
from sighten_warehouse.simulator.chance import chance, new_uuid, written
from sighten_warehouse.simulator.index import Index

Level = Literal["site", "quote", "array", "proposal"]
Facts = dict[str, Any]

# What a metric is a fact of. A quote has one site, one or more arrays and any number of proposals.
LEVELS: dict[str, Level] = {
    "site_id": "site",
    "site_last_updated": "site",
    "site_estimated_usage_in_first_year": "site",
    "quote_id": "quote",
    "system_capacity_kw": "quote",
    "site_usage_offset": "quote",
    "system_production_in_first_year": "quote",
    "financing_fees": "quote",
    "battery_model": "quote",
    "battery_count": "quote",
    "array_count": "quote",
    "array_tilt": "array",
    "array_module_count": "array",
    "module_model": "array",
    "inverter_model": "array",
    "proposal_id": "proposal",
    "proposal_date_created": "proposal",
}
_MODULES = ("Helios HX-400", "Ridgeline 385W", 'Aurora "Black" 410')
_INVERTERS = ("Volta 7.6", "MicroSun IQ", "Volta 5.0")
_BATTERIES = (None, None, "CellarBank 10", "CellarBank 13.5")
_MODULE_KW = 0.4


def values(index: Index, name: str, *, site: Site, quote_ids: Sequence[str]) -> list[Any]:
    """The metric's values for those quotes of the site, one for each thing it is a fact of."""
    level = LEVELS[name]
    if level == "site":
        return [_site_facts(index, site)[name]]
    return [facts[name] for quote_id in quote_ids for facts in _quote_facts(index.seed, quote_id, site)[level]]


def _site_facts(index: Index, site: Site) -> Facts:
    random = chance(index.seed, "usage", site.site_id)
    return {
        "site_id": site.site_id,
        "site_last_updated": index.last_updated(site),
        "site_estimated_usage_in_first_year": random.randint(4_000, 19_000),
    }


def _quote_facts(seed: int, quote_id: str, site: Site) -> dict[Level, list[Facts]]:
    random = chance(seed, "quote", quote_id)
    arrays = [_array(random) for _ in range(random.randint(1, 3))]
    capacity = round(sum(array["array_module_count"] for array in arrays) * _MODULE_KW, 2)
    battery = random.choice(_BATTERIES)
    quote = {
        "quote_id": quote_id,
        "system_capacity_kw": capacity,
        "site_usage_offset": round(random.uniform(0.6, 1.2), 3),
        "system_production_in_first_year": round(capacity * random.uniform(1_200, 1_700), 1),
        "financing_fees": round(random.uniform(0, 4_000), 2),
        "battery_model": battery,
        "battery_count": random.randint(1, 3) if battery else 0,
        "array_count": len(arrays),
    }
    proposals = [_proposal(random, site) for _ in range(random.randint(0, 2))]
    return {"quote": [quote], "array": arrays, "proposal": proposals}


def _array(random: Random) -> Facts:
    return {
        "array_tilt": random.randint(0, 45),
        "array_module_count": random.randint(5, 22),
        "module_model": random.choice(_MODULES),
        "inverter_model": random.choice(_INVERTERS),
    }


def _proposal(random: Random, site: Site) -> Facts:
    created = site.date_created + timedelta(hours=random.uniform(1, 200))
    return {"proposal_id": new_uuid(random), "proposal_date_created": written(created)}
