"""Parsing what comes from outside into facts."""
