"""Users, keys, audit."""
