"""The console: the pages of the court's own people and its contractor, one module a page."""
