"""The backup that Airflow makes each night, where SIGHTEN_BACKUP_TO names a folder."""

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from sighten_warehouse.backup import back_up
from sighten_warehouse.settings import Settings


def back_up_nightly(settings: Settings) -> str:
    """Back the home up and return the folder of the backup.

    Raises:
        AirflowSkipException: SIGHTEN_BACKUP_TO is not set.
        AirflowFailException: files of the home are missing or altered; the backup is complete nevertheless.
    """
    if settings.backup_to is None:
        raise AirflowSkipException("SIGHTEN_BACKUP_TO is not set")
    made = back_up(settings)
    if made.problems:
        raise AirflowFailException(f"{', '.join(made.problems)}: missing or altered; see landing verify")
    return str(made.path)
