"""Documents: which are due, their download, and the vault that keeps them by content hash."""

from sighten_warehouse.documents.step import download_documents

__all__ = ["download_documents"]
