"""Collecting: parsing, the collector, the spool, replay."""
