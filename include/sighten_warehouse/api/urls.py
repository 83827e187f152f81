"""The addresses that are asked: made of paths and ids, in the slash style that the API wants, on no other origin."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

from sighten_warehouse.api.origin import origin_of
from sighten_warehouse.errors import ApiContractError, RejectedError, SettingError
from sighten_warehouse.settings import WHERE_THE_ADDRESS_IS

Query = Mapping[str, str | int]


class Addresses:
    """Those of one API; it remembers for each path which slash style the API has shown to want.

    Args:
        base_url: scheme, host, port, and the path before `/api` if there is one.
    """

    def __init__(self, base_url: str) -> None:
        origin = origin_of(base_url)
        if origin is None or "@" in urlsplit(base_url).netloc or {"?", "#"} & set(base_url):
            raise SettingError(
                f"{WHERE_THE_ADDRESS_IS}: expected an http or https address without user, password, query and fragment"
            )
        self.origin = origin
        self._base_url = base_url.rstrip("/")
        self._toggled: dict[str, bool] = {}
        self._no_such_path: set[str] = set()

    def address(self, path: str, *, ids: Mapping[str, str], query: Query) -> str:
        """The address of that path, with the ids in their places.

        Raises:
            RejectedError: an id that is empty, `.` or `..`: it would make another path.
        """
        for name, value in ids.items():
            if value in {"", ".", ".."}:
                raise RejectedError("unfit_id", place=f"{name} of {path}", expected="an id, not a part of a path")
        filled = path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        asked = f"?{urlencode(query, safe=',', quote_via=quote)}" if query else ""
        url = self._base_url + filled + asked
        return toggled(url) if self._toggled.get(path) else url

    def following(self, link: str, *, seen_at: str, path: str) -> str:
        """Where a link or redirect leads, if that is on the API's own origin.

        Raises:
            ApiContractError: it leads elsewhere, where the token must not go.
        """
        try:
            url = urljoin(seen_at, link)
            origin = origin_of(url)
        except ValueError:
            url, origin = "", None
        if origin != self.origin:
            raise ApiContractError(
                f"{path}: leads to {origin or 'an address that is none'}, expected {self.origin}; it was not followed; "
                f"if the API has moved, say so in {WHERE_THE_ADDRESS_IS}"
            )
        return url

    def redirected(self, location: str, *, seen_at: str, path: str) -> str:
        """Where a redirect leads; one to the other slash style is remembered, and keeps the query.

        Raises:
            ApiContractError: it leads to another origin.
        """
        url = self.following(location, seen_at=seen_at, path=path)
        other = toggled(seen_at)
        if urlsplit(url).path != urlsplit(other).path:
            return url
        self._toggled[path] = is_toggled(other, path)
        return other

    def other_style(self, path: str, *, seen_at: str) -> str | None:
        """The address in the other slash style, as long as it is not known which of the two the API wants."""
        if path in self._no_such_path:
            return None
        known = self._toggled.get(path)
        return toggled(seen_at) if known is None or known != is_toggled(seen_at, path) else None

    def knows(self, path: str, *, seen_at: str) -> None:
        """The API has answered that path in the style of that address."""
        self._toggled.setdefault(path, is_toggled(seen_at, path))

    def knows_neither(self, path: str) -> None:
        """Both styles were answered alike, with 404: from now on one is asked."""
        self._no_such_path.add(path)


def is_toggled(url: str, path: str) -> bool:
    """Whether the address has the other style than the path as we write it."""
    return urlsplit(url).path.endswith("/") != path.endswith("/")


def toggled(url: str) -> str:
    """The same address with a slash at the end of its path, or without one if it has one."""
    parts = urlsplit(url)
    path = parts.path[:-1] if parts.path.endswith("/") else parts.path + "/"
    return parts._replace(path=path).geturl()


def target_of(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
