"""The rules of service of process: pure values and functions, no database, no clock, no network."""
