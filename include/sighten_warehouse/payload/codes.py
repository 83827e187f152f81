"""The codes seen in public material, by field; any other loads as it is and is reported as drift."""

KNOWN_CODES: dict[str, frozenset[str]] = {
    "milestone_status": frozenset({"APPROVED"}),
    "task_status": frozenset({"APPROVED", "INPROG"}),
    "sub_task_status": frozenset({"INCM", "COMP"}),
    "sub_task_category": frozenset({"CHECKBOX", "DOCUMENT"}),
    "document_status": frozenset({"NOSTART", "UPLD", "GEN", "SENT", "SIGN", "VOID"}),
    "creation_type": frozenset({"GENERATED", "UPLOADED"}),
    "document_type": frozenset({"OTH", "HIC"}),
    "comment_type": frozenset({"AUTO"}),
}
