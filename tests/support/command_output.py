"""What a command prints for a person."""

from click.testing import Result


def messages(result: Result) -> str:
    """What the command printed on stderr, without log events, which appear there once a test has enabled them."""
    lines = result.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("timestamp="))
