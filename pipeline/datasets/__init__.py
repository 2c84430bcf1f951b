"""Coded data of any origin → one table of labelled passages."""
