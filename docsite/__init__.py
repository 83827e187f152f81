"""Builds the documentation site from README.md and what it leads to; `make docs-site` runs it."""
