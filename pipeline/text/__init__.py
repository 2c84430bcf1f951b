"""Posts → passages: segmentation, sentences, languages, near-duplicates and passage ids."""
