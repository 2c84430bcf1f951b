"""Posts → passages: segmentation, sentences, languages, near-duplicates, and what makes two
passages the same.
"""
