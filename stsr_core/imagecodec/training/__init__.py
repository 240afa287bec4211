"""Learning a codec from a database, and its model file."""
