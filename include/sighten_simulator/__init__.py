"""A simulated Sighten: lives of milestones, the webhooks they send and the API that knows the rest."""
