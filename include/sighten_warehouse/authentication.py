"""Who may deliver: the one place that the receiver asks, chosen by `SIGHTEN_WEBHOOK_AUTH`."""

from collections.abc import Callable, Mapping

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import Settings

Authenticate = Callable[[Mapping[str, str], bytes], bool]
"""Whether a delivery with those headers (names in lower case) and that raw body may be landed."""


def authenticator(settings: Settings) -> Authenticate:
    """The check that the settings ask for.

    Raises:
        SettingError: they ask for one that this version does not have. To go on without it would take in anybody's
            deliveries while the operator believes that only the sender's get through.
    """
    if settings.webhook_auth != "none":
        raise SettingError(
            f"SIGHTEN_WEBHOOK_AUTH: this version cannot check `{settings.webhook_auth}`; expected `none`, "
            "with something in front of the receiver that lets only Sighten through"
        )
    return _anybody


def _anybody(_headers: Mapping[str, str], _body: bytes) -> bool:
    return True
