"""The way in for field staff: visits and postings reported from the street."""
