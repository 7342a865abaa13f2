"""The faces: console, law-firm and recipient portal, and the JSON API, as one Flask application."""
