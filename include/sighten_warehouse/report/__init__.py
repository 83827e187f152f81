"""The report page on a published version: served, or as one HTML file."""
