"""The way in: one module per provider verifies, stores and parses what it tells us."""
