"""The command line: one module per kind of work, each command a thin edge that opens transactions and prints."""
