"""Report: results in words, for people and for programs."""
