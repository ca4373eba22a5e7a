"""The one log, its catalogue, the inbox, and signals."""
