"""The routes of the support desk."""
