"""Other systems, one client each; every failure is one of the two kinds in failures.py."""
