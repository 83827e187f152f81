"""The webhook endpoint: authenticates a delivery, lands it durably, then acknowledges it."""
