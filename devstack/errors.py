"""How the stack ends when it cannot go on: with exit code 1, or 2 where the way it was started is wrong."""


class StackError(Exception):
    """The stack cannot go on; the message says what, where and what was expected."""


class WrongUseError(StackError):
    """It cannot start like this; the message says what to change."""
