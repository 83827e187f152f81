"""Erase a site, a milestone or an e-mail address from everything that a home holds."""

from sighten_warehouse.erase.step import Erased, Run, erase, preview, resume
from sighten_warehouse.erase.subject import Subject

__all__ = ["Erased", "Run", "Subject", "erase", "preview", "resume"]
