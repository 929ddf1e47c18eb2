"""Report: results in words and pages, for people and for programs; nothing is simulated here."""
