"""Fixtures for all tests; the database comes from ``tests.postgres``."""

from __future__ import annotations
