"""Versioned plans of steps, and the runs of contacts through them."""
