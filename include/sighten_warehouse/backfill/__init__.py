"""Past milestones: from files of old deliveries, or from Sighten's REST API."""
