"""What Airflow itself must know of the warehouse: its assets, the doorbell and what all DAGs share."""
