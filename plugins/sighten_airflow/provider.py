"""The provider's description for Airflow: what the package brings, and the form of a connection."""

from typing import Any

CONNECTION_TYPE = "sighten"
INTEGRATION = "Sighten"


def get_provider_info() -> dict[str, Any]:
    """Describe the provider; every Airflow process calls this through the entry point `apache_airflow_provider`."""
    return {
        "package-name": "sighten-warehouse",
        "name": "Sighten Warehouse",
        "description": "Sighten's milestone webhooks in DuckDB: DAGs, connection, hook, trigger, timetable and report.",
        "integrations": [{"integration-name": INTEGRATION}],
        "hooks": [{"integration-name": INTEGRATION, "python-modules": ["sighten_airflow.hook"]}],
        "triggers": [{"integration-name": INTEGRATION, "python-modules": ["sighten_airflow.doorbell"]}],
        "bundles": [{"integration-name": INTEGRATION, "python-modules": ["sighten_airflow.dag_bundle"]}],
        "asset-uris": [
            {"schemes": ["sighten"], "handler": None, "to_openlineage_converter": "sighten_airflow.lineage.to_dataset"}
        ],
        # Airflow reads this only without lazy discovery of providers; the entry point `airflow.plugins` always works.
        "plugins": [{"name": "sighten", "plugin-class": "sighten_airflow.plugin.SightenPlugin"}],
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": "sighten_airflow.hook.SightenHook",
                "hook-name": INTEGRATION,
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
