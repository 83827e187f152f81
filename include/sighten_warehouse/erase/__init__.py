"""Erase a site, a milestone or an e-mail address from everything that a home holds."""

from sighten_warehouse.erase.retention import Expired, expire
from sighten_warehouse.erase.step import Erased, Run, erase, preview, resume
from sighten_warehouse.erase.subject import Subject

__all__ = ["Erased", "Expired", "Run", "Subject", "erase", "expire", "preview", "resume"]
