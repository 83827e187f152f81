"""The simulated API: REST, DAL, faults, and the pages that control them."""
