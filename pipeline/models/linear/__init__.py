"""Models of words: cues, n-grams, mentions."""
