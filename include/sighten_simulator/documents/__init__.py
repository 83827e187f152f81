"""The simulated documents: contents, downloads, redirects and faults."""
