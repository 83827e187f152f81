"""The warehouse's assets as OpenLineage names them; used where the provider `openlineage` is installed."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset
    from airflow.sdk import Asset


def to_dataset(asset: "Asset", _context: Any) -> "Dataset":
    """The dataset of an asset."""
    from airflow.providers.common.compat.openlineage.facet import Dataset  # noqa: PLC0415  (optional)

    return Dataset(**dataset_names(asset.uri))


def dataset_names(uri: str) -> dict[str, str]:
    """Namespace and name: `sighten://production/history` is `history` in the namespace `sighten://production`."""
    parts = urlsplit(uri)
    return {"namespace": f"{parts.scheme}://{parts.netloc}", "name": parts.path.lstrip("/")}
