"""A home on object storage: the store, and the folder of this machine that mirrors it."""
