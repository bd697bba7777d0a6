"""The outside world, one client per neighbour; whatever goes wrong there is one of the two families in failures.py."""
