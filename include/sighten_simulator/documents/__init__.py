"""The simulated documents: their bytes, downloads, redirects and troubles."""
