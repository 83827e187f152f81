"""From one API response to rows: signed quotes, DAL values, REST milestones, listings, downloads."""
