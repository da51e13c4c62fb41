"""Property tests of scoring are the same on every run, and a busy machine fails none of them."""

from hypothesis import settings

settings.register_profile("scoring", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("scoring")
