"""The assets that connect the DAGs: landing, which the doorbell watches, history, and the published warehouse."""

from airflow.sdk import Asset, AssetWatcher

from sighten_airflow.doorbell import LandingDoorbell

LANDING = Asset("landing", watchers=[AssetWatcher(name="landing_doorbell", trigger=LandingDoorbell())])
HISTORY = Asset("history")
WAREHOUSE = Asset("warehouse")
