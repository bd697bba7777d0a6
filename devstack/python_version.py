"""Says in one line what to do when the Python that make found cannot run the project."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- this file is for interpreters that are too old
    found = "%d.%d" % sys.version_info[:2]  # noqa: UP031 -- an old interpreter must be able to read it
    sys.exit("Python 3.11 or newer is needed; python3 here is %s. Try: make PYTHON=python3.11" % found)  # noqa: UP031 -- and this
try:
    import ensurepip  # noqa: F401 -- only whether it is there
except ImportError:
    sys.exit("This Python has no venv module (on Debian and Ubuntu: apt install python3-venv).")
