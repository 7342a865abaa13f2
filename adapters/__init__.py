"""The way out: one module per provider holds its codec, its mapping table and its client."""
