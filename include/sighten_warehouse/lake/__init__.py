"""The lake: manifests of committed batches, their history files, and the folder that holds them."""
