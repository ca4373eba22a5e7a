"""Segments and their membership."""
