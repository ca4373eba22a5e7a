"""Score models, computation, explanation."""
