"""Coded data from any source → one table of labelled passages."""
