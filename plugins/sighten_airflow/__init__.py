"""Airflow's side of the warehouse: connection, hook, doorbell, assets, timetable and the defaults of all DAGs."""
