"""Mails: their texts, languages and the rules for values in them."""
