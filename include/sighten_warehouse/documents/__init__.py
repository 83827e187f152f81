"""Downloads the documents that are due and keeps them in the vault by content hash."""

from sighten_warehouse.documents.step import download_documents

__all__ = ["download_documents"]
