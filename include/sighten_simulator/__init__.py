"""A simulated Sighten: milestones from a seed, the webhooks that they send, and the API that knows them."""
