"""The core of Songda: orders, the ladder, the journal and the law. It knows no provider and no edge."""
