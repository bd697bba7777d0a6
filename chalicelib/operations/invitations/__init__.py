"""Invitations: sent, shown, accepted, declined, resent, revoked, expired."""
