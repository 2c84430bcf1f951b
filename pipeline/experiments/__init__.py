"""Runs that give one result from settings, with or without DVC; sweeps, hyperparameter search,
cross-validation, and comparison of results.
"""
