"""The tests at the HTTP API: the rules, the conventions, who may do what, and the attacks."""
