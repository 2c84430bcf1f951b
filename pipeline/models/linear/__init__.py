"""Models over words: cues, n-grams, mentions."""
