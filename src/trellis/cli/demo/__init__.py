"""The demo company: a pastry school with shops."""
