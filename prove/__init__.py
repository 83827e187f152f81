"""A fault run: kills, failing disks and damaged files under load, checked against a log of what was acknowledged."""
