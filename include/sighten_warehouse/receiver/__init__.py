"""The webhook's endpoint: authenticate, land durably, then acknowledge."""
