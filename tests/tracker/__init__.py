"""What /t.js sends from a real browser, and what it must not send."""
