"""The plugin: the report in Airflow's navigation, and our timetable; every process imports it, so it imports little."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from sighten_airflow.timetable import DaysOfHistory

PREFIX = "/sighten/report"
Message = MutableMapping[str, Any]


async def report(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Pass the request to the report's application, which the first request creates."""
    from sighten_airflow import report_app  # noqa: PLC0415  (heavy, and only the API server calls this)

    app = await asyncio.to_thread(report_app.report_app)
    await app(scope, receive, send)


class SightenPlugin(AirflowPlugin):
    """The page, its entry in the navigation, and the timetable of backfills."""

    name = "sighten"
    fastapi_apps = [{"app": report, "url_prefix": PREFIX, "name": "Sighten report"}]  # noqa: RUF012  (as Airflow declares it)
    # No leading slash, so that it also works where Airflow is served below a path.
    external_views = [  # noqa: RUF012  (as Airflow declares it)
        {
            "name": "Sighten",  # the navigation has room for about ten letters
            "href": f"{PREFIX.lstrip('/')}/",
            "url_route": "sighten-report",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
    timetables = [DaysOfHistory]  # noqa: RUF012  (as Airflow declares it)
