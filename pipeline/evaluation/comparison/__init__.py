"""Paired comparison of two results on the same test passages."""
