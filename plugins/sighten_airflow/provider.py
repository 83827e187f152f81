"""The provider's description for Airflow: its connection type and the form of a connection."""

from typing import Any

CONNECTION_TYPE = "sighten"


def get_provider_info() -> dict[str, Any]:
    """Describe the provider; every Airflow process calls this through the entry point `apache_airflow_provider`."""
    return {
        "package-name": "sighten-warehouse",
        "name": "Sighten Warehouse",
        "description": "Connection and hook for Sighten's API.",
        "hooks": [{"integration-name": "Sighten", "python-modules": ["sighten_airflow.hook"]}],
        "asset-uris": [
            {"schemes": ["sighten"], "handler": None, "to_openlineage_converter": "sighten_airflow.lineage.to_dataset"}
        ],
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": "sighten_airflow.hook.SightenHook",
                "hook-name": "Sighten",
                "ui-field-behaviour": {
                    # The port stays visible: Airflow 3.3.2 tests a connection without one as port 0, and refuses that.
                    "hidden-fields": ["schema", "login", "extra"],
                    "relabeling": {"host": "URL", "password": "Token", "port": "Port (the Test button needs it)"},
                    "placeholders": {
                        "host": "https://engine.goeverbright.com",
                        "password": "API token of a Sighten user",
                        "port": "443",
                    },
                },
                "conn-fields": {
                    "rate": {
                        "label": "Calls per second",
                        "description": "Limit for all processes together. Default: SIGHTEN_API_RATE.",
                        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
                    },
                    "concurrency": {
                        "label": "Concurrent calls",
                        "description": "Limit for all processes together. Default: SIGHTEN_API_CONCURRENCY.",
                        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 64},
                    },
                },
            }
        ],
    }
