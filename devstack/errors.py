"""Errors that end the stack: exit code 1, or 2 for wrong use."""


class StackError(Exception):
    """The stack cannot go on; the message says what, where and what was expected."""


class WrongUseError(StackError):
    """The stack cannot start like this; the message says what to change."""
