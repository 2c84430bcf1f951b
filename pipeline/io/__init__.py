"""Atomic file writes, parsing of untrusted input, HTML pages, tables and terminal output."""
