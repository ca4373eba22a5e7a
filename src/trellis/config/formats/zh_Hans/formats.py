"""Numbers in groups of three, as Chinese business writes them; Django has none."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
