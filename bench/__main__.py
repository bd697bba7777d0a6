"""``make bench``: what start-up costs, and what does not grow with the tables.

Every line is a ratio of two measurements of this run, or a count. Nothing here fails; tests hold what must hold.
"""

from bench.growth import growth
from bench.search import growth_of_search
from bench.startup import startup


def main() -> None:
    """Runs all benches and prints their lines."""
    for title, lines in (("Start-up", startup()), ("Growth", growth()), ("Search", growth_of_search())):
        print(f"\n{title}")
        for line in lines:
            print(f"  {line}")


if __name__ == "__main__":
    main()
