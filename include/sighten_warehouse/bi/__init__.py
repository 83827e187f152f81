"""The report as dashboards of other tools: Superset, Metabase and Evidence."""
