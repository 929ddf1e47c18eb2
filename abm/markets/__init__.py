"""Markets that come with the package: several companies side by side."""
