"""Publish: lake to `warehouse.duckdb` and Parquet, swapped in by one rename; opening a version."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sighten_warehouse.publish.step import prove, publish
    from sighten_warehouse.publish.versions import is_current
else:

    def __getattr__(name: str) -> Any:
        """Import the step when it is asked for: who only opens a version needs none of it, a third of the import."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from sighten_warehouse.publish import step, versions  # noqa: PLC0415  (see above)

        return getattr(versions if name == "is_current" else step, name)


__all__ = ["is_current", "prove", "publish"]
