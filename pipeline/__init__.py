"""Frames and stance in posts of diplomatic channels: label, train, evaluate, score, report."""
