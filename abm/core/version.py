"""Version: which abm this is."""

VERSION = "0.1.0"
