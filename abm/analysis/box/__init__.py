"""Boxes: the search for limits within which a round closes, or fails."""
