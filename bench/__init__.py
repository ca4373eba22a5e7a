"""Benchmarks: `python -m bench NAME [--small] [--json]` (design section 11)."""
