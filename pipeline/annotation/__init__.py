"""Labels on disk → checked rows → adjudicated labels and agreement between coders."""
