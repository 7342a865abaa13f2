"""How the tables came to be, one step after the other. Rows of the journal are never rewritten by any of them."""
