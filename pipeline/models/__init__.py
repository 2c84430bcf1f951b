"""Models that answer every question of a codebook, behind one contract."""
