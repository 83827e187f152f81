"""Whether there is a home to work on."""

from sighten_warehouse.errors import SettingError
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.remotes import remote_of, shown_place
from sighten_warehouse.settings import Settings


def require_home(settings: Settings) -> None:
    """Refuse a home that does not exist, so that a slip in a path is never reported as an empty, healthy home.

    Raises:
        SettingError: there is no such folder.
    """
    root = settings.layout.root
    if remote := remote_of(root):
        refresh(settings.layout, landing=False)
        if not remote.listed(root):
            raise SettingError(
                f"SIGHTEN_HOME, SIGHTEN_ENV: nothing is stored below {shown_place(root)}; expected the home where the"
                " receiver lands deliveries"
            )
        return
    if not root.is_dir():
        found = "is a file" if root.exists() or settings.home.is_file() else "does not exist"
        raise SettingError(
            f"SIGHTEN_HOME, SIGHTEN_ENV: {root} {found}; expected the folder where the receiver lands deliveries"
        )
