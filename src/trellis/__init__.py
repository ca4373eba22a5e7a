"""Trellis: lead management and lead nurturing on PostgreSQL."""

__version__ = "0.1.0"
