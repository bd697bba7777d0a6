"""The business flows, one file per verb, each readable from top to bottom."""
