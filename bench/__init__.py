"""Performance, as ratios and counts: absolute times mean little on shared machines."""
