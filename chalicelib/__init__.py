"""The service.

What it imports stays for the life of the process, and looking through it for garbage takes a tenth of a cold start.
So the collector comes every 200,000 new objects instead of every 700, which is after a start and its first request;
what it finds then are some hundred objects.
"""

import gc

gc.set_threshold(200_000)
