"""Leads in business lines: stages and their history."""
