"""Template tags about campaigns."""
