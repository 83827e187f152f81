// The dialog of one milestone: facts, timeline, tasks.
const LONG_PAUSE_MS = 3600000;
const MARKS = {
    submitted: "▲",
    approved: "✓",
    rejected: "✕",
    comment: "“",
    document: "▤",
    envelope: "✉",
    delivery: "↓",
};
const opened = document.getElementById("milestone");

/** Open that milestone; close the dialog if it is null. */
async function openMilestone(data, filters, milestoneId) {
    if (!milestoneId) {
        if (opened.open) opened.close();
        return;
    }
    opened.replaceChildren(element("p", { class: "none" }, "Loading …"));
    if (!opened.open) opened.showModal();
    const details = data.timelines?.[milestoneId] ?? (isLive ? await fetchDetails(filters, milestoneId) : null);
    if (readAddress().milestone !== milestoneId) return;
    opened.replaceChildren(...(details ? detailsOf(data, details) : unknownMilestone(milestoneId)));
    opened.querySelector("button").focus();
}

async function fetchDetails(filters, milestoneId) {
    return fetchJson(
        `milestones/${encodeURIComponent(milestoneId)}?${new URLSearchParams({ environment: filters.environment })}`,
    );
}

function closeButton() {
    return element(
        "button",
        { type: "button", class: "close", "aria-label": "Close", onclick: () => opened.close() },
        "✕",
    );
}

function unknownMilestone(milestoneId) {
    const why = isLive
        ? "There is no such milestone, or the report's server has stopped."
        : "This file holds the timelines of some milestones only. Run “sighten-warehouse report --open” to see all.";
    return [
        element("header", {}, element("h2", { id: "milestone-title" }, "Milestone"), closeButton()),
        element("p", { class: "none" }, why),
        element("p", { class: "id" }, milestoneId),
    ];
}

function detailsOf(data, { facts, timeline, work }) {
    return [
        element(
            "header",
            {},
            element(
                "div",
                {},
                element("h2", { id: "milestone-title" }, short(facts.name || "no name", 300)),
                element("p", { class: "id" }, facts.milestone_id),
            ),
            closeButton(),
        ),
        element(
            "dl",
            { class: "facts" },
            factsOf(data, facts).map(([name, value]) =>
                element("div", {}, element("dt", {}, name), element("dd", {}, value)),
            ),
        ),
        ...masked(data),
        element("h3", {}, "Timeline"),
        timelineOf(timeline),
        ...(timeline.length ? [timelineCsv(timeline)] : []),
        element("h3", {}, "Current tasks"),
        ...workOf(work),
    ];
}

function masked(data) {
    if (data.pii === "full") return [];
    return [
        element(
            "p",
            { class: "notice" },
            "Persons are shown as pseudonyms; comment texts and document names are left out (SIGHTEN_PII=masked).",
        ),
    ];
}

function factsOf(data, facts) {
    const resigned = {
        signed: "signed",
        not_signed_yet: "not signed yet",
        not_found: "not found in the API",
    };
    return [
        ["State", element("span", {}, stateMark(facts.state), ` (status ${facts.status ?? "none"})`)],
        ["Time", timeOf(facts)],
        ["First submit (UTC)", momentText(facts.submitted_ms)],
        ["Approved (UTC)", momentText(facts.approved_ms)],
        ["Submits, rejections", `${count(facts.submits)}, ${count(facts.rejections)}`],
        ["Organization", nameOf(data.organizations, facts.organization)],
        ["Assigned to", facts.assignee ?? "nobody"],
        ["Site", element("span", { class: "id" }, facts.site_id ?? NOTHING)],
        ["Quote", element("span", { class: "id" }, facts.quote_id ?? NOTHING)],
        [
            "Signed quote",
            facts.signed_quote_id
                ? element("span", { class: "id" }, facts.signed_quote_id)
                : (resigned[facts.resolution] ?? "not looked up yet"),
        ],
    ];
}

function timelineOf(timeline) {
    if (!timeline.length) return element("p", { class: "none" }, "No events.");
    const items = timeline.map((one, place) => {
        const before = timeline[place - 1]?.at_ms;
        const pause =
            before !== undefined && one.at_ms !== undefined && one.at_ms - before >= LONG_PAUSE_MS
                ? element("li", { class: "pause" }, `${duration((one.at_ms - before) / 1000)} later`)
                : null;
        return [
            pause,
            element(
                "li",
                { class: `what-${one.what}` },
                element("span", { class: "mark", "aria-hidden": "true" }, MARKS[one.what] ?? "•"),
                element("div", {}, element("p", { class: "head" }, headOf(one)), bodyOf(one)),
            ),
        ];
    });
    return element("ol", { class: "timeline" }, items.flat());
}

function timelineCsv(timeline) {
    const columns = ["at (UTC)", "what", "person", "task", "detail", "text"].map((title) => ({ title }));
    const rows = timeline.map((one) => [moment(one.at_ms), one.what, one.person, one.task, one.detail, one.said]);
    return csvLink("timeline", columns, rows);
}

function headOf(one) {
    const at =
        one.at_ms === undefined
            ? "time unknown"
            : element("time", { datetime: new Date(one.at_ms).toISOString() }, momentText(one.at_ms));
    const title =
        { comment: "Comment", document: "Document", envelope: "Envelope", delivery: "Delivery" }[one.what] ??
        one.what[0].toUpperCase() + one.what.slice(1);
    const parts = [
        one.person && `by ${isolated(one.person)}`,
        one.task && `on ${isolated(one.task)}`,
        one.detail,
    ].filter(Boolean);
    return [element("strong", {}, title), parts.length ? ` ${parts.join(" · ")} ` : " ", at];
}

function bodyOf(one) {
    if (!one.said && !one.link) return null;
    const isWeb = /^https?:\/\//.test(one.link ?? "");
    return element(
        "p",
        { class: "said" },
        one.said ?? "",
        isWeb
            ? element(
                  "a",
                  { href: one.link, target: "_blank", rel: "noopener noreferrer" },
                  one.said ? " (open in Sighten)" : "Open in Sighten",
              )
            : null,
    );
}

function workOf(work) {
    if (!work.length) return [element("p", { class: "none" }, "No tasks.")];
    const columns = [
        { title: "Task" },
        { title: "Status" },
        { title: "Sub-task" },
        { title: "Sub-task status" },
        { title: "Document status" },
        { title: "Documents", number: true },
    ];
    const rowOf = (one, task, label) => [
        task,
        one.status,
        label,
        one.sub_task_status,
        one.document_status,
        one.sub_task_id ? count(one.documents) : NOTHING,
    ];
    const isRepeated = (one, before) => before?.task_position === one.task_position && before?.task === one.task;
    const shown = work.map((one, place) =>
        rowOf(one, isRepeated(one, work[place - 1]) ? "″" : (short(one.task) ?? NOTHING), short(one.label)),
    );
    return [
        table("Tasks and sub-tasks", columns, shown),
        csvLink(
            "tasks",
            columns,
            work.map((one) => rowOf(one, one.task, one.label)),
        ),
    ];
}
