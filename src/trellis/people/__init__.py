"""Contacts, identities, attributes, consent, merge."""
