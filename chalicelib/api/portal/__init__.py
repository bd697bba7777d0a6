"""The routes that the customer portal calls for a signed-in person, or for the holder of a link."""
