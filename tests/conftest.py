"""What all tests share: hypothesis does not time its examples, because a first call may compile."""

from hypothesis import settings

settings.register_profile("abm", deadline=None)
settings.load_profile("abm")
