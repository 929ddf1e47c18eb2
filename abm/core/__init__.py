"""Core: what all rooms stand on; it knows nothing of a funding round."""
