"""The lake: manifests of committed batches, the folder they lie in, and their history files."""
