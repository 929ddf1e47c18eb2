"""Analysis: why a round closes or fails, who decides it, what drives it, and what would change it."""
