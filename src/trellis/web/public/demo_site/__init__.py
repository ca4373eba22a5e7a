"""The website of the demo company: a pastry school with shops, served in a sandbox only."""
