"""Turns landed API answers into rows: signed quotes, DAL values, REST milestones, listings, downloads."""
