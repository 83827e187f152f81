"""Workbooks for Excel and LibreOffice: one table, or all marts with a sheet that explains their columns."""

from sighten_warehouse.workbook.marts import write_marts
from sighten_warehouse.workbook.sheet import TooManyRowsError, write_table

__all__ = ["TooManyRowsError", "write_marts", "write_table"]
