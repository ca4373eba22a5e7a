"""Asking to send: rows in the outbox, unique by contact and cause."""
