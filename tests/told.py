"""What a command tells a person."""

from click.testing import Result


def told(result: Result) -> str:
    """What a command said on stderr, without the events that are logged there once a test has asked for them."""
    lines = result.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("timestamp="))
