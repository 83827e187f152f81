"""History by REST: sites by the day of their last update, and all that Sighten tells of each."""
