"""Where a person sees in Airflow which tenants cannot be used."""

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import read_settings, read_tenants


def refuse_broken_tenants() -> None:
    """Do nothing if the settings of all tenants are fine, or there are no tenants.

    Raises:
        SettingError: names each tenant whose settings are not, with what was expected.
    """
    problems = []
    for name in read_tenants():
        try:
            read_settings(tenant=name)
        except SettingError as error:
            problems.append(str(error))
    if problems:
        raise SettingError("; ".join(problems))
