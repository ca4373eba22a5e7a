"""No domain words: clock, ids, SQL, signing, registries, errors."""
