"""The simulated world: organizations, sites, and the lives of milestones, all from a seed."""
