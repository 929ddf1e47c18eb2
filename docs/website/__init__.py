"""Website: how the documents of the repository become pages that can be opened from disk."""
