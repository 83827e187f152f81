// The searchable list of milestones.
const PAGE = 25;
const MOST_LISTED = 1000; // of one answer of the server
const SORTS = [
    ["waiting", "longest pending"],
    ["slowest", "slowest"],
    ["rejections", "most rejections"],
    ["newest", "newest"],
];
const STATES = [
    ["", "any state"],
    ...["pending", "approved", "rejected", "cancelled", "not_submitted"].map((state) => [state, words(state)]),
];
const CSV_COLUMNS = [
    "Milestone",
    "Id",
    "Site",
    "Organization",
    "State",
    "First submit (UTC)",
    "pending seconds",
    "cycle seconds",
    "open seconds",
    "Rejections",
];

/** The list with its search; queries the server if there is one, else the milestones in the file. */
class MilestoneList {
    #place = document.getElementById("milestones");
    #text = element("input", {
        type: "search",
        name: "text",
        placeholder: "name or start of an id",
        autocomplete: "off",
    });
    #state = element("select", { name: "state" });
    #sort = element("select", { name: "sort" });
    #about = element("p", { class: "insight", role: "status" });
    #rows = element("div");
    #more = element("button", { type: "button", class: "more", onclick: () => this.#showMore() }, "Show more");
    #requests = 0;
    #limit = PAGE;
    #data = null;
    #filters = null;

    constructor() {
        options(this.#state, STATES, "");
        options(this.#sort, SORTS, "waiting");
        const fields = element(
            "div",
            { class: "list-filters", role: "search", "aria-label": "Milestones" },
            labelled("Search", this.#text),
            labelled("State", this.#state),
            labelled("Order", this.#sort),
        );
        for (const field of [this.#text, this.#state, this.#sort])
            field.addEventListener("input", () => this.#searchAgain());
        this.#place.append(fields, this.#about, this.#rows, this.#more);
    }

    /** Show the search in the URL; the rows again only if it changed or `isNew`. */
    show(data, filters, isNew) {
        this.#data = data;
        this.#filters = filters;
        const search = readSearch();
        const isOther = Object.entries(search).some(([name, value]) => this.#search()[name] !== value);
        if (isOther) {
            this.#text.value = search.text;
            options(this.#state, STATES, search.state);
            options(this.#sort, SORTS, search.sort);
        }
        return isNew || isOther ? this.#again() : null;
    }

    #search() {
        return { text: this.#text.value.trim(), state: this.#state.value, sort: this.#sort.value };
    }

    #searchAgain() {
        replaceAddress(address(this.#filters, null, this.#search()));
        return this.#again();
    }

    #again() {
        this.#limit = PAGE;
        return this.#show();
    }

    #showMore() {
        this.#limit += PAGE;
        return this.#show();
    }

    async #show() {
        const request = ++this.#requests;
        const { rows, found, problem } = await this.#find(this.#limit);
        if (request !== this.#requests) return;
        this.#about.textContent = problem ?? this.#summary(found);
        this.#more.hidden = rows.length >= found;
        this.#rows.replaceChildren(
            ...(rows.length ? this.#table(rows) : [element("p", { class: "none" }, this.#advice())]),
        );
    }

    #find(most) {
        return (isLive ? fetchList : listInFile)(this.#data, this.#filters, this.#search(), most);
    }

    /** All that were found, not only those shown. */
    async #csv() {
        const { rows, problem } = await this.#find(MOST_LISTED);
        if (problem) {
            this.#about.textContent = problem;
            return null;
        }
        return {
            columns: CSV_COLUMNS.map((title) => ({ title })),
            rows: rows.map((one) => [
                one.name,
                one.milestone_id,
                one.site_id,
                nameOf(this.#data.organizations, one.organization),
                words(one.state ?? "unknown"),
                moment(one.submitted_ms),
                ...[one.waiting_seconds, one.cycle_seconds, one.open_seconds].map(wholeNumber),
                one.rejections,
            ]),
        };
    }

    #advice() {
        if (!this.#data.freshness.milestones) return WHAT_TO_DO;
        return "No matching milestones: clear the search, the state or the filters above.";
    }

    #summary(found) {
        const isComplete = isLive || this.#data.found.length === this.#data.freshness.milestones;
        const inCsv = isLive && found > MOST_LISTED ? ` The CSV file has the first ${count(MOST_LISTED)}.` : "";
        if (isComplete) return `${counted(found, "milestone")} found.${inCsv}`;
        return (
            `${count(found)} found. This file holds ${count(this.#data.found.length)} of ` +
            `${counted(this.#data.freshness.milestones, "milestone")}: the longest pending and the newest. ` +
            "Run “sighten-warehouse report --open” to see all."
        );
    }

    #table(rows) {
        const link = (one) => element("a", { href: address(this.#filters, one.milestone_id) }, short(one.name || "no name"));
        const columns = [
            { title: "Milestone" },
            { title: "Id" },
            { title: "Site" },
            { title: "Organization" },
            { title: "State" },
            { title: "First submit (UTC)", short: true },
            { title: "Time", number: true },
            { title: "Rejections", number: true },
        ];
        const cells = rows.map((one) => [
            link(one),
            identifier(one.milestone_id),
            identifier(one.site_id),
            nameOf(this.#data.organizations, one.organization),
            stateMark(one.state),
            momentText(one.submitted_ms),
            timeOf(one),
            count(one.rejections),
        ]);
        return [table("List of milestones", columns, cells), csvOnDemand("milestones", () => this.#csv())];
    }
}

function wholeNumber(value) {
    return value === null || value === undefined ? null : String(Math.round(value));
}

/** The begin of an id; a double click selects all of it. */
function identifier(id) {
    return id ? element("code", { class: "id", title: id }, id) : null;
}

/** "pending for 3 d", "took 5 d 2 h" or "open for 9 d". */
function timeOf(one) {
    if (one.waiting_seconds !== null && one.waiting_seconds !== undefined)
        return `pending for ${duration(one.waiting_seconds)}`;
    if (one.cycle_seconds !== null && one.cycle_seconds !== undefined) return `took ${duration(one.cycle_seconds)}`;
    if (one.open_seconds !== null && one.open_seconds !== undefined) return `open for ${duration(one.open_seconds)}`;
    return NOTHING;
}

/** The milestones in the file, filtered and sorted as the server does. */
function listInFile(data, filters, wanted, most) {
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

async function fetchList(data, filters, wanted, most) {
    const query = new URLSearchParams({ environment: filters.environment, sort: wanted.sort, most });
    if (filters.definition !== null) query.set("definition", data.definitions[filters.definition].id);
    if (filters.organization !== null) query.set("organization", data.organizations[filters.organization].id);
    if (filters.first !== null) query.set("first", filters.first);
    if (filters.last !== null) query.set("last", filters.last);
    if (wanted.state) query.set("state", wanted.state);
    if (wanted.text) query.set("text", wanted.text);
    const response = await fetchJson(`milestones?${query}`);
    if (!response)
        return {
            rows: [],
            found: 0,
            problem: "The report's server does not respond. Start it again and reload this page.",
        };
    return { rows: response, found: response[0]?.found ?? 0 };
}

/** The server's JSON response; null if there is none. */
async function fetchJson(path) {
    try {
        const response = await fetch(path, { headers: { accept: "application/json" } });
        return response.ok ? await response.json() : null;
    } catch {
        return null;
    }
}
