// The list of milestones, and the timeline of the one that is opened.
const PAGE = 25;
const SORTS = [
    ["waiting", "waiting the longest"],
    ["slowest", "slowest"],
    ["rejections", "rejected most often"],
    ["newest", "newest"],
];
const STATES = [
    ["", "any state"],
    ...["pending", "approved", "rejected", "cancelled", "not_submitted"].map((state) => [state, words(state)]),
];

/** The list with its own search; asks the server where there is one, else what the file keeps. */
class MilestoneList {
    #place = document.getElementById("milestones");
    #search = element("input", {
        type: "search",
        name: "text",
        placeholder: "name, or the first characters of an id",
        autocomplete: "off",
    });
    #state = element("select", { name: "state" });
    #sort = element("select", { name: "sort" });
    #about = element("p", { class: "insight", role: "status" });
    #rows = element("div");
    #more = element("button", { type: "button", class: "more", onclick: () => this.#showMore() }, "Show more");
    #asked = 0;
    #most = PAGE;
    #data = null;
    #filters = null;

    constructor() {
        options(this.#state, STATES, "");
        options(this.#sort, SORTS, "waiting");
        const fields = element(
            "div",
            { class: "list-filters", role: "search", "aria-label": "Milestones" },
            labelled("Search", this.#search),
            labelled("State", this.#state),
            labelled("Order", this.#sort),
        );
        for (const field of [this.#search, this.#state, this.#sort])
            field.addEventListener("input", () => this.#again());
        this.#place.append(fields, this.#about, this.#rows, this.#more);
    }

    show(data, filters) {
        this.#data = data;
        this.#filters = filters;
        return this.#again();
    }

    #again() {
        this.#most = PAGE;
        return this.#show();
    }

    #showMore() {
        this.#most += PAGE;
        return this.#show();
    }

    async #show() {
        const asked = ++this.#asked;
        const wanted = { state: this.#state.value, sort: this.#sort.value, text: this.#search.value.trim() };
        const { rows, found, problem } = isLive
            ? await askForList(this.#data, this.#filters, wanted, this.#most)
            : keptList(this.#data, this.#filters, wanted, this.#most);
        if (asked !== this.#asked) return;
        this.#about.textContent = problem ?? this.#say(found);
        this.#more.hidden = rows.length >= found;
        this.#rows.replaceChildren(
            rows.length ? this.#table(rows) : element("p", { class: "none" }, "No milestone fits."),
        );
    }

    #say(found) {
        if (isLive) return `${counted(found, "milestone")} found.`;
        return (
            `${count(found)} found among the ${count(this.#data.found.length)} of ` +
            `${counted(this.#data.freshness.milestones, "milestone")} whose timelines this file keeps: those waiting ` +
            "the longest and the newest. “sighten-warehouse report --open” shows all."
        );
    }

    #table(rows) {
        const link = (one) => element("a", { href: address(this.#filters, one.milestone_id) }, short(one.name || "no name"));
        return table(
            "List of milestones",
            [
                { title: "Milestone" },
                { title: "Organization" },
                { title: "State" },
                { title: "First submit (UTC)", short: true },
                { title: "Time", number: true },
                { title: "Rejections", number: true },
            ],
            rows.map((one) => [
                link(one),
                nameOf(this.#data.organizations, one.organization),
                stateMark(one.state),
                momentText(one.submitted_ms),
                timeOf(one),
                count(one.rejections),
            ]),
        );
    }
}

/** "waits 3 d", "took 5 d 2 h" or "open for 9 d". */
function timeOf(one) {
    if (one.waiting_seconds !== null && one.waiting_seconds !== undefined)
        return `waits ${duration(one.waiting_seconds)}`;
    if (one.cycle_seconds !== null && one.cycle_seconds !== undefined) return `took ${duration(one.cycle_seconds)}`;
    if (one.open_seconds !== null && one.open_seconds !== undefined) return `open for ${duration(one.open_seconds)}`;
    return NOTHING;
}

/** The milestones that the file keeps, filtered and sorted as the server would. */
function keptList(data, filters, wanted, most) {
    const text = wanted.text.toLowerCase();
    const fits = (one) =>
        one.day >= (filters.first ?? -Infinity) &&
        one.day <= (filters.last ?? Infinity) &&
        (filters.definition === null || one.definition === filters.definition) &&
        (filters.organization === null || one.organization === filters.organization) &&
        (!wanted.state || one.state === wanted.state) &&
        (!text ||
            (one.name ?? "").toLowerCase().includes(text) ||
            one.milestone_id.startsWith(text) ||
            (one.site_id ?? "").startsWith(text));
    const size = {
        waiting: (one) => one.waiting_seconds ?? -1,
        slowest: (one) => one.cycle_seconds ?? one.open_seconds ?? -1,
        rejections: (one) => one.rejections,
        newest: () => 0,
    }[wanted.sort];
    const found = data.found
        .filter(fits)
        .sort((one, other) => size(other) - size(one) || (other.watermark_ms ?? 0) - (one.watermark_ms ?? 0));
    return { rows: found.slice(0, most), found: found.length };
}

async function askForList(data, filters, wanted, most) {
    const query = new URLSearchParams({ environment: filters.environment, sort: wanted.sort, most });
    if (filters.definition !== null) query.set("definition", data.definitions[filters.definition].id);
    if (filters.organization !== null) query.set("organization", data.organizations[filters.organization].id);
    if (filters.first !== null) query.set("first", filters.first);
    if (filters.last !== null) query.set("last", filters.last);
    if (wanted.state) query.set("state", wanted.state);
    if (wanted.text) query.set("text", wanted.text);
    const answer = await ask(`milestones?${query}`);
    if (!answer)
        return {
            rows: [],
            found: 0,
            problem: "The server that this page came from does not answer; start it again and reload.",
        };
    return { rows: answer, found: answer[0]?.found ?? 0 };
}

/** What the server answers as JSON; null where it does not. */
async function ask(path) {
    try {
        const answer = await fetch(path, { headers: { accept: "application/json" } });
        return answer.ok ? await answer.json() : null;
    } catch {
        return null;
    }
}
