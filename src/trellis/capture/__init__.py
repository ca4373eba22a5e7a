"""Forms and imports: where leads enter."""
