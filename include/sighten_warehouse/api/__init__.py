"""The client of Sighten's API: one session, pages, retries, rate limit and circuit breaker."""
