"""The routes that other systems call: Zuora's callouts, sign-in links, health."""
