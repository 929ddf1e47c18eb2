"""Serve: a page on this machine that moves a round's numbers and shows at once what comes of it."""
