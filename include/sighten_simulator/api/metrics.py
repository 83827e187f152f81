"""The metrics of the DAL and their values for a site or a quote."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Literal

from sighten_simulator.world.index import Index
from sighten_simulator.world.people import Site
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.timestamps import format_time

Level = Literal["site", "quote", "array", "proposal", "change_order"]
Facts = dict[str, Any]

_PUBLIC: dict[Level, str] = {
    "site": "site_id site_last_updated site_estimated_usage_in_first_year",
    "quote": """quote_id system_capacity_kw site_usage_offset system_production_in_first_year
        system_production_monthly_avg financing_fees battery_model battery_count array_count
        efficiency_equipment_type""",
    "array": """array_tilt array_type array_module_count array_inverter_count module_model module_rating_nominal
        inverter_model inverter_rating_nominal""",
    "proposal": "proposal_id proposal_date_created",
}
# No name of these families is public; the names are ours.
_OURS: dict[Level, str] = {
    "site": "homeowner_first_name homeowner_last_name homeowner_email site_date_created site_archived",
    "quote": "system_id quote_date_created",
    "change_order": "change_order_new_quote_id change_order_date_created",
}
# The entity that each metric describes. A quote has one site, one or more arrays and any number of proposals.
LEVELS: dict[str, Level] = {
    name: level for names in (_PUBLIC, _OURS) for level, words in names.items() for name in words.split()
}
_MODULES = (("Helios HX-400", 400), ("Ridgeline 385W", 385), ('Aurora "Black" 410', 410))
_INVERTERS = (("Volta 7.6", 7.6), ("MicroSun IQ", 0.3), ("Volta 5.0", 5.0))
_BATTERIES = (None, None, "CellarBank 10", "CellarBank 13.5")
_ARRAY_TYPES = ("Roof", "Ground", "Carport")
_MODULE_KW = 0.4
_MONTHS = 12


def metric_values(
    index: Index, name: str, *, site: Site, quote_ids: Sequence[str], proposal_id: str | None = None
) -> list[Any]:
    """The metric's values for those quotes of the site, one for each entity that it describes."""
    level = LEVELS[name]
    if level == "site":
        return [_site_facts(index, site)[name]]
    if level == "change_order":
        return [_change_order(signing.quote_id, format_time(signing.signed_at))[name] for signing in site.re_signs]
    entities = [facts for quote_id in quote_ids for facts in _quote_facts(index.seed, quote_id, site)[level]]
    if level == "proposal" and proposal_id is not None:
        entities = [facts for facts in entities if facts["proposal_id"] == proposal_id]
    return [facts[name] for facts in entities]


def system_id(seed: int, quote_id: str) -> str:
    """The id of the quote's system; each quote has one."""
    return new_uuid(seeded_random(seed, "system", quote_id))


def proposal_ids(seed: int, quote_id: str, site: Site) -> list[str]:
    """Every proposal of the quote."""
    return [str(facts["proposal_id"]) for facts in _quote_facts(seed, quote_id, site)["proposal"]]


def _site_facts(index: Index, site: Site) -> Facts:
    random = seeded_random(index.seed, "usage", site.site_id)
    first, last = site.homeowner
    return {
        "site_id": site.site_id,
        "site_last_updated": index.last_updated(site),
        "site_estimated_usage_in_first_year": random.randint(4_000, 19_000),
        "homeowner_first_name": first,
        "homeowner_last_name": last,
        "homeowner_email": f"homeowner.{site.site_id[:8]}@home.example",
        "site_date_created": format_time(site.date_created),
        "site_archived": False,
    }


def _quote_facts(seed: int, quote_id: str, site: Site) -> dict[Level, list[Facts]]:
    random = seeded_random(seed, "quote", quote_id)
    arrays = [_array(random) for _ in range(random.randint(1, 3))]
    capacity = round(sum(array["array_module_count"] for array in arrays) * _MODULE_KW, 2)
    battery = random.choice(_BATTERIES)
    production = round(capacity * random.uniform(1_200, 1_700), 1)
    quote = {
        "quote_id": quote_id,
        "system_id": system_id(seed, quote_id),
        "quote_date_created": format_time(site.date_created),
        "system_capacity_kw": capacity,
        "site_usage_offset": round(random.uniform(0.6, 1.2), 3),
        "system_production_in_first_year": production,
        "system_production_monthly_avg": round(production / _MONTHS, 1),
        "financing_fees": round(random.uniform(0, 4_000), 2),
        "battery_model": battery,
        "battery_count": random.randint(1, 3) if battery else 0,
        "array_count": len(arrays),
        "efficiency_equipment_type": random.choice((None, "Thermostat")),
    }
    proposals = [_proposal(random, site) for _ in range(random.randint(0, 2))]
    return {"quote": [quote], "array": arrays, "proposal": proposals}


def _array(random: Random) -> Facts:
    module, watts = random.choice(_MODULES)
    inverter, kilowatts = random.choice(_INVERTERS)
    return {
        "array_tilt": random.randint(0, 45),
        "array_type": random.choice(_ARRAY_TYPES),
        "array_module_count": random.randint(5, 22),
        "array_inverter_count": random.randint(1, 2),
        "module_model": module,
        "module_rating_nominal": watts,
        "inverter_model": inverter,
        "inverter_rating_nominal": kilowatts,
    }


def _proposal(random: Random, site: Site) -> Facts:
    created = site.date_created + timedelta(hours=random.uniform(1, 200))
    return {"proposal_id": new_uuid(random), "proposal_date_created": format_time(created)}


def _change_order(new_quote_id: str, date_created: str) -> Facts:
    return {"change_order_new_quote_id": new_quote_id, "change_order_date_created": date_created}
