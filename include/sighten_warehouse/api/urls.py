"""Builds the API's addresses from paths and ids, in the slash style that the API accepts, and only on its origin."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

from sighten_warehouse.api.origin import origin_of
from sighten_warehouse.errors import ApiContractError, RejectedError, SettingError
from sighten_warehouse.settings import WHERE_THE_ADDRESS_IS

Query = Mapping[str, str | int]


class Addresses:
    """The addresses of one API; remembers the slash style that each path needs.

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
        self._missing: set[str] = set()

    def address(self, path: str, *, ids: Mapping[str, str], query: Query) -> str:
        """Return the address of a path with its ids filled in.

        Raises:
            RejectedError: an id is empty, `.` or `..`, and would change the path.
        """
        for name, value in ids.items():
            if value in {"", ".", ".."}:
                raise RejectedError("unfit_id", place=f"{name} of {path}", expected="an id, not a part of a path")
        filled = path.format_map({name: quote(value, safe="") for name, value in ids.items()})
        suffix = f"?{urlencode(query, safe=',', quote_via=quote)}" if query else ""
        url = self._base_url + filled + suffix
        return toggle_slash(url) if self._toggled.get(path) else url

    def resolve_link(self, link: str, *, seen_at: str, path: str) -> str:
        """Return the absolute address of a link or redirect on the API's own origin.

        Raises:
            ApiContractError: it points to another origin, where the token must not go.
        """
        try:
            url = urljoin(seen_at, link)
            origin = origin_of(url)
        except ValueError:
            url, origin = "", None
        if origin != self.origin:
            raise ApiContractError(
                f"{path}: points to {origin or 'an invalid address'}, expected {self.origin}; it was not followed; "
                f"if the API has moved, set {WHERE_THE_ADDRESS_IS}"
            )
        return url

    def resolve_redirect(self, location: str, *, seen_at: str, path: str) -> str:
        """Return the address of a redirect; one to the other slash style is remembered and keeps the query.

        Raises:
            ApiContractError: it points to another origin.
        """
        url = self.resolve_link(location, seen_at=seen_at, path=path)
        other = toggle_slash(seen_at)
        if urlsplit(url).path != urlsplit(other).path:
            return url
        self._toggled[path] = is_toggled(other, path)
        return other

    def other_style(self, path: str, *, seen_at: str) -> str | None:
        """Return the address in the other slash style if that may be the right one, else None."""
        if path in self._missing:
            return None
        known = self._toggled.get(path)
        return toggle_slash(seen_at) if known is None or known != is_toggled(seen_at, path) else None

    def learn_style(self, path: str, *, seen_at: str) -> None:
        """Remember that the API accepts the path in the style of this address."""
        self._toggled.setdefault(path, is_toggled(seen_at, path))

    def learn_missing(self, path: str) -> None:
        """Remember that the path was not found in either style, so only one is tried from now on."""
        self._missing.add(path)


def is_toggled(url: str, path: str) -> bool:
    """Whether the address has the other slash style than `path`."""
    return urlsplit(url).path.endswith("/") != path.endswith("/")


def toggle_slash(url: str) -> str:
    """Add a slash to the end of the address's path, or remove it."""
    parts = urlsplit(url)
    path = parts.path[:-1] if parts.path.endswith("/") else parts.path + "/"
    return parts._replace(path=path).geturl()


def target_of(url: str) -> str:
    """Return the path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
