"""The simulated sender of webhooks: bodies, order, rate and authentication."""
