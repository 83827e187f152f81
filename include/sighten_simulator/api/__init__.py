"""The simulated API: `/api/v1`, the DAL, faults, and the pages that control the simulator."""
