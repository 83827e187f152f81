"""The client of Sighten's API: session, pages, retries, rate limit and circuit breaker."""
