// One milestone, opened over the page: what is known of it, its timeline, its tasks.
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

/** Open that milestone, or close what is open when it is null; `back` is where closing leads. */
async function openMilestone(data, filters, milestoneId) {
    if (!milestoneId) {
        if (opened.open) opened.close();
        return;
    }
    opened.replaceChildren(element("p", { class: "none" }, "Looking it up …"));
    if (!opened.open) opened.showModal();
    const life = data.timelines?.[milestoneId] ?? (isLive ? await askForLife(filters, milestoneId) : null);
    if (readAddress().milestone !== milestoneId) return;
    opened.replaceChildren(...(life ? lifeOf(data, life) : unknownLife(milestoneId)));
    opened.querySelector("button").focus();
}

async function askForLife(filters, milestoneId) {
    return ask(
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

function unknownLife(milestoneId) {
    const why = isLive
        ? "The warehouse knows no such milestone, or the server that this page came from has stopped."
        : "This file keeps the timelines of some milestones only; “sighten-warehouse report --open” shows all.";
    return [
        element("header", {}, element("h2", { id: "milestone-title" }, "Milestone"), closeButton()),
        element("p", { class: "none" }, why),
        element("p", { class: "id" }, milestoneId),
    ];
}

function lifeOf(data, { facts, timeline, work }) {
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
        element("h3", {}, "Tasks as they stand"),
        workOf(work),
    ];
}

function masked(data) {
    if (data.pii === "full") return [];
    return [
        element(
            "p",
            { class: "notice" },
            "Pseudonyms stand for persons, and texts of comments and names of documents are left out: SIGHTEN_PII is masked.",
        ),
    ];
}

function factsOf(data, facts) {
    const resigned = {
        signed: "the signed quote is known",
        not_signed_yet: "not signed yet",
        not_found: "not found by the API",
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
                : (resigned[facts.resolution] ?? "the API was not asked"),
        ],
    ];
}

function timelineOf(timeline) {
    if (!timeline.length) return element("p", { class: "none" }, "Nothing is told of it.");
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

function headOf(one) {
    const at =
        one.at_ms === undefined
            ? "at no known time"
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
                  one.said ? " (see it in Sighten)" : "See it in Sighten",
              )
            : null,
    );
}

function workOf(work) {
    if (!work.length) return element("p", { class: "none" }, "It has no tasks.");
    return table(
        "Tasks and their sub_tasks",
        [
            { title: "Task" },
            { title: "Status" },
            { title: "Sub_task" },
            { title: "Sub_task's status" },
            { title: "Document's status" },
            { title: "Documents", number: true },
        ],
        work.map((one, place) => [
            work[place - 1]?.task_position === one.task_position && work[place - 1]?.task === one.task
                ? "″"
                : (short(one.task) ?? NOTHING),
            one.status,
            short(one.label),
            one.sub_task_status,
            one.document_status,
            one.sub_task_id ? count(one.documents) : NOTHING,
        ]),
    );
}
