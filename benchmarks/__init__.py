"""Benchmarks: `make bench` runs `python -m benchmarks`, which writes `docs/performance.md`."""
