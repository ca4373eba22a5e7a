"""Formats of numbers and dates where Django's own lack something."""
