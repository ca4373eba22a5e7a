"""Templates, outbox, gate, delivery."""
