"""The simulated world: sites, people, and the lives of milestones that follow from a seed."""
