"""The definitions of milestones with their tasks and sub_tasks."""

from dataclasses import dataclass
from typing import Literal

SubTaskKind = Literal["tick", "upload", "sign"]


@dataclass(frozen=True)
class SubTaskTemplate:
    """One step of a task: tick a box, upload a document, or have one signed."""

    kind: SubTaskKind
    label: str
    instructions: str | None = None
    required: bool = False


@dataclass(frozen=True)
class TaskTemplate:
    """The definition of a task."""

    name: str
    description: str
    sub_tasks: tuple[SubTaskTemplate, ...]


@dataclass(frozen=True)
class MilestoneTemplate:
    """The definition of a milestone."""

    name: str
    description: str
    tasks: tuple[TaskTemplate, ...]


def _task(name: str, description: str, *sub_tasks: SubTaskTemplate) -> TaskTemplate:
    return TaskTemplate(name, description, sub_tasks)


def _tick(label: str = "Mark Complete", instructions: str | None = None) -> SubTaskTemplate:
    return SubTaskTemplate("tick", label, instructions)


def _upload(label: str, instructions: str | None = None, *, required: bool = False) -> SubTaskTemplate:
    return SubTaskTemplate("upload", label, instructions, required)


def _sign(label: str) -> SubTaskTemplate:
    return SubTaskTemplate("sign", label, "Send for signature to every signer", required=True)


_PHOTOS = _task("Site Photos", "Photos of roof, attic and main panel", _upload("Roof Photos"), _upload("Panel Photos"))
_UTILITY = _task("Utility Bill", "The last 12 months of usage", _upload("Utility Bill", required=True))
_SURVEY = _task("Survey Report", "Upload the surveyor's report", _tick(), _upload("Survey Report"))
_PLANS = _task("Plan Set", "Stamped plan set", _upload("Plan Set", 'Include the "as designed" sheets', required=True))
_PERMIT = _task("Permit", "Upload the permit issued by city or county", _tick("Permit Applied"), _upload("Permit"))
_HOA = _task("HOA Approval", "Where there is a homeowners' association", _tick("Not Applicable"), _upload("HOA Letter"))
_AGREEMENT = _task("Installation Agreement", "Signed by homeowner and installer", _sign("Installation Agreement"))
_NOTICE = _task("Notice to Proceed", "", _tick("Funding Confirmed"), _tick("Title Checked"))
_EQUIPMENT = _task("Equipment Delivered", "Indicate that all equipment has been obtained", _tick(), _upload("Receipt"))
_INSTALLED = _task("Installation", "Panels, inverter and wiring are in place", _tick(), _upload("As-built Photos"))
_INSPECTION = _task("Inspection Completion", "Upload signed inspection job card", _upload("Inspection Completion"))
_PTO = _task("Permission to Operate", "Letter of the utility", _upload("PTO Letter", required=True))
_CHANGE = _task("Change Order", "Only when the design has changed", _sign("Change Order"), _tick("No Change"))
_CLOSING = _task("Final Documents", "Warranty and lien waiver", _upload("Warranty"), _upload("Lien Waiver"), _tick())

# The last two names are traps: they contain the words that identify an event in a comment.
DEFINITIONS = (
    MilestoneTemplate("Construction & Signoff", "", (_EQUIPMENT, _INSPECTION)),
    MilestoneTemplate("Site Survey", "Before the design is final", (_PHOTOS, _SURVEY, _UTILITY)),
    MilestoneTemplate("Permit", "", (_PLANS, _PERMIT, _HOA)),
    MilestoneTemplate("Notice to Proceed", "Financing releases the build", (_AGREEMENT, _NOTICE, _UTILITY, _CHANGE)),
    MilestoneTemplate("Installation", "", (_EQUIPMENT, _INSTALLED, _PHOTOS, _CHANGE, _INSPECTION, _CLOSING)),
    MilestoneTemplate("Permission to Operate", "", (_PTO,)),
    MilestoneTemplate("Final Completion", "Everything the financier keeps", (_CLOSING, _PTO, _AGREEMENT)),
    MilestoneTemplate("Change Order / Re-sign", "", (_CHANGE, _AGREEMENT)),
    MilestoneTemplate("Recheck of approved milestone Permit", "", (_PERMIT, _PHOTOS)),
    MilestoneTemplate(
        'Rework for approval. Crew rejected milestone "Installation"', "It's None of the above", (_INSTALLED, _HOA)
    ),
)
