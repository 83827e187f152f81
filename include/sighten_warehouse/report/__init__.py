"""The report: one page on what a warehouse holds, served or as one file."""
