"""The tree of sources, and touches."""
