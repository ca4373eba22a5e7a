"""Enrichment: sources that add what nobody has said, lawfully, each value with its basis."""
