"""Models that answer every question of a codebook, with a common interface."""
