"""Mails: what they say, in which language, and what may stand in them."""
