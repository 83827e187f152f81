"""Milestones of the past: from files of old deliveries, or from Sighten's REST API."""
