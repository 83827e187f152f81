"""The version of the product, written in one place for the package and its distribution."""

__version__ = "0.1.0"
