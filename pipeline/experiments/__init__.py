"""One result from settings: by hand, through DVC, in a sweep, a search or a cross-validation;
results compared.
"""
