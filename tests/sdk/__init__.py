"""What Zuora's own package makes of the fake; run by ``make test-zuora-sdk``."""
