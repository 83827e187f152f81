"""What Airflow asks every installed provider: which types of connection it brings, and their forms."""

from typing import Any

CONNECTION_TYPE = "sighten"


def get_provider_info() -> dict[str, Any]:
    """The provider's description, found by the entry point `apache_airflow_provider`; every process of Airflow asks."""
    return {
        "package-name": "sighten-warehouse",
        "name": "Sighten Warehouse",
        "description": "Sighten's API: the connection, and the hook that turns it into settings.",
        "hooks": [{"integration-name": "Sighten", "python-modules": ["sighten_airflow.hook"]}],
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": "sighten_airflow.hook.SightenHook",
                "hook-name": "Sighten",
                "ui-field-behaviour": {
                    # The port stays: Airflow 3.3.2 sends port 0 to test a connection that has none, and then refuses.
                    "hidden-fields": ["schema", "login", "extra"],
                    "relabeling": {"host": "URL", "password": "Token", "port": "Port (the Test button needs it)"},
                    "placeholders": {
                        "host": "https://engine.goeverbright.com",
                        "password": "the API token of a Sighten user",
                        "port": "443",
                    },
                },
                "conn-fields": {
                    "rate": {
                        "label": "Calls a second",
                        "description": "What all processes together may ask; empty: SIGHTEN_API_RATE.",
                        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
                    },
                    "concurrency": {
                        "label": "Calls at once",
                        "description": "How many calls may be under way together; empty: SIGHTEN_API_CONCURRENCY.",
                        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 64},
                    },
                },
            }
        ],
    }
