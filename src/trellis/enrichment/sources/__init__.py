"""Sources of enrichment: a folder each; to add one, copy a folder and list it."""
