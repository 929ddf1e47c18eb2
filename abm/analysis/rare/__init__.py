"""Rare endings: runs that are split and played on until they are seen often enough."""
