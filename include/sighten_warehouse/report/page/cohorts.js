// Groups of milestones with their counts and times: by month, by definition, or all selected ones.

/** An empty group. */
function newCohort() {
    return {
        milestones: 0,
        submitted: 0,
        decided: 0,
        firstPass: 0,
        approved: 0,
        rejections: 0,
        approvals: 0,
        asked: 0,
        resigned: 0,
        unsigned: 0,
        closed: new Values(),
        open: new Values(),
        times: null,
    };
}

function addCohort(cohorts) {
    return (group, row) => {
        group.milestones += cohorts.milestones[row];
        group.submitted += cohorts.submitted[row];
        group.decided += cohorts.decided[row];
        group.firstPass += cohorts.first_pass[row];
        group.approved += cohorts.approved[row];
        group.rejections += cohorts.rejections[row];
        group.approvals += cohorts.approvals[row];
        group.asked += cohorts.asked[row];
        group.resigned += cohorts.resigned[row];
        group.unsigned += cohorts.unsigned[row];
        group.closed.add(cohorts.cycle_minutes[row]);
        group.open.add(cohorts.open_minutes[row]);
    };
}

let remembered = { data: null, view: null, groups: new Map() };

/** The cohorts of one view by key; those of the last view are cached, because several panels need the same ones. */
function cohortsBy(data, filters, name, keyOf) {
    const view = address(filters, null);
    if (remembered.data !== data || remembered.view !== view) remembered = { data, view, groups: new Map() };
    if (!remembered.groups.has(name)) {
        remembered.groups.set(name, grouped(data.cohorts, filters, keyOf, newCohort, addCohort(data.cohorts)));
    }
    return remembered.groups.get(name);
}

function cohortsByMonth(data, filters) {
    return cohortsBy(data, filters, "month", (row) => monthOf(data.cohorts.day[row]));
}

function wholeCohort(data, filters) {
    return cohortsBy(data, filters, "all", () => "all").get("all") ?? newCohort();
}

/** Median (`half`) and 90th percentile (`most`) of a group's time to approval, in minutes. */
function approvalTimes(group) {
    if (!group.times) {
        const closed = group.closed.sorted();
        const open = group.open.sorted();
        group.times = { half: timeWithin(closed, open, 0.5), most: timeWithin(closed, open, 0.9), open: open.length };
    }
    return group.times;
}

/**
 * {minutes, isReached} of a quantile. While too many are open to reach it, a lower bound: the quantile of the approved
 * ones alone. Null if none is approved.
 */
function timeWithin(closed, open, share) {
    if (!closed.length) return null;
    const minutes = closedWithin(closed, open, share);
    return minutes === null
        ? { minutes: closedWithin(closed, [], share), isReached: false }
        : { minutes, isReached: true };
}

function inSeconds(minutes) {
    return minutes === null ? null : minutes * 60;
}

/** "5 d 2 h"; "at least 9 d" for a lower bound; "–" if none is approved. */
function reached(time) {
    if (time === null) return NOTHING;
    return `${time.isReached ? "" : "at least "}${duration(inSeconds(time.minutes))}`;
}
