"""`python -m fuzz SECONDS`: feed generated bodies and landing lines to the loader, guided by its code coverage.

Starts from the vendor's sample in every dialect. An input that breaks an invariant is kept in `.fuzz/`.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sighten_warehouse"]):
    from fuzz.invariants import check_body, check_line
    from fuzz.seeds import write_seeds

FOLDER = Path(".fuzz")
AS_LINE = 0


def check_input(data: bytes) -> None:
    """Check a body or a landing line; the first byte says which of them follows."""
    if data[:1] == bytes([AS_LINE]):
        check_line(data[1:])
    else:
        check_body(data[1:])


def main() -> None:
    """Fuzz for the given number of seconds; fail at the first broken invariant."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    corpus = FOLDER / "corpus"
    write_seeds(corpus)
    arguments = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=20", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *arguments, f"-artifact_prefix={FOLDER}/", str(corpus)], check_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
