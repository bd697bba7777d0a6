"""The command-line tool of the support desk. It talks to the HTTP API and to nothing else."""
