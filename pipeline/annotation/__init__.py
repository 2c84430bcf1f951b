"""Labels on disk → checked rows → adjudicated labels, and what coders agree on."""
