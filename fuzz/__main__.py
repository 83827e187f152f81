"""`python -m fuzz SECONDS`: bodies and landing lines, guided by the coverage of the loader, until the time is up.

Starts from the vendor's sample in every dialect. A body that breaks an invariant is kept in `.fuzz/` and named.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sighten_warehouse"]):
    from fuzz.invariants import check_body, check_line
    from fuzz.seeds import write_seeds

FOLDER = Path(".fuzz")
AS_LINE = 0


def one_input(data: bytes) -> None:
    """The first byte tells whether the rest is a body or a line of a landing file."""
    if data[:1] == bytes([AS_LINE]):
        check_line(data[1:])
    else:
        check_body(data[1:])


def main() -> None:
    """Fuzz for as many seconds as the command line says; ends with an error at the first broken invariant."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    corpus = FOLDER / "corpus"
    write_seeds(corpus)
    arguments = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=20", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *arguments, f"-artifact_prefix={FOLDER}/", str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
