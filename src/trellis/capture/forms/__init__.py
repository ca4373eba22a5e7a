"""Forms: definition, publishing, submission."""
