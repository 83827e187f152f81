"""The DAG bundle that serves the DAGs of the installed package; Airflow's setting `dag_bundle_config_list` names it."""

from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.local import LocalDagBundle

PACKAGE = Path(__file__).resolve().parent
IN_THE_WHEEL = PACKAGE / "dags"
IN_THE_REPOSITORY = PACKAGE.parent.parent / "dags"  # for an editable install


class SightenDagBundle(LocalDagBundle):
    """The DAGs that came with this package; a new version of the package brings new ones."""

    def __init__(self, **options: Any) -> None:
        path = IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else IN_THE_REPOSITORY
        super().__init__(path=str(path), **options)
