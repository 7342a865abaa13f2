"""Tables and the queries on them: SQLAlchemy, plain sessions, no decisions.

Every query function names the court it is for.
"""
