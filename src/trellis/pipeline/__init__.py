"""Facts in, decisions derived: the inbox, the clock and the slots."""
