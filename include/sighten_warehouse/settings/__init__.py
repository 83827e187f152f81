"""The settings of a process: every one of them, read in one place from the environment."""

from sighten_warehouse.settings.environment import IN_A_FILE, PREFIX
from sighten_warehouse.settings.fields import (
    SECRETS,
    WHERE_THE_ADDRESS_IS,
    WHERE_THE_TOKEN_IS,
    Environment,
    Secret,
    Settings,
)
from sighten_warehouse.settings.reading import read_settings, setting_names
from sighten_warehouse.settings.tenants import TENANT, TENANTS, TenantEntry, read_tenants, tenant_variables

__all__ = [
    "IN_A_FILE",
    "PREFIX",
    "SECRETS",
    "TENANT",
    "TENANTS",
    "WHERE_THE_ADDRESS_IS",
    "WHERE_THE_TOKEN_IS",
    "Environment",
    "Secret",
    "Settings",
    "TenantEntry",
    "read_settings",
    "read_tenants",
    "setting_names",
    "tenant_variables",
]
