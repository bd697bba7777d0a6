"""Invitations: sent, shown, accepted, declined, sent again, taken back, expired."""
