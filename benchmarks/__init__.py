"""`make bench`: the house's speed, as ratios to floors measured in the same run."""
