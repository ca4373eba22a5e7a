"""The gate: send, wait until, or skip because."""
