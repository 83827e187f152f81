// The panels in their sections: full-width ones first, then pairs side by side. Each is built once and updated when a filter
// or the theme changes.
const SECTIONS = [
    ["Approvals", [approvalTimesByMonth], [funnel, rejectionsByDefinition, rejectionsByMonth, resigns]],
    ["Open work", [bottlenecks], [ageing, assignees]],
    ["Deliveries", [outcomes], [publishing, quarantine, drift, checks]],
];

/** One panel: heading, summary, chart, and a table of the same numbers. */
class Panel {
    #kind;
    #card;
    #insight = element("p", { class: "insight" });
    #place = element("div", { class: "chart", role: "img" });
    #behind = element("details", { class: "behind" });
    #csv = element("p", { class: "csv-place" });
    #drawing = new Drawing(this.#place);

    constructor(kind) {
        this.#kind = kind;
        const about = element(
            "details",
            { class: "about" },
            element("summary", { "aria-label": `About ${kind.title}` }, "?"),
            element("p", {}, kind.about),
        );
        this.#card = element(
            "article",
            { class: "card", id: kind.id, "aria-labelledby": `${kind.id}-title` },
            element("div", { class: "card-head" }, element("h3", { id: `${kind.id}-title` }, kind.title), about),
            this.#insight,
            this.#place,
            element("div", { class: "under" }, this.#behind, this.#csv),
        );
    }

    get card() {
        return this.#card;
    }

    show(data, filters, theme) {
        const shown = this.#kind.show(data, filters, theme);
        this.#card.classList.toggle("empty", Boolean(shown.empty));
        const advice = isFiltered(filters) ? " Clear the filters to see everything." : "";
        this.#insight.textContent = shown.empty ? shown.empty + advice : shown.insight;
        this.#showChart(shown);
        this.#showTable(shown);
    }

    #showChart(shown) {
        this.#place.hidden = !shown.option;
        if (!shown.option) return this.#drawing.clear();
        this.#place.setAttribute(
            "aria-label",
            `${this.#kind.title}: ${shown.insight} The table below shows the same numbers.`,
        );
        return this.#drawing.draw(shown.option, shown.height);
    }

    #showTable(shown) {
        this.#behind.hidden = !shown.columns;
        this.#csv.replaceChildren();
        if (!shown.columns) return;
        const { columns, rows: values } = shown.csv ?? shown;
        this.#csv.append(csvLink(this.#kind.id, columns, values));
        const caption = `${this.#kind.title}${shown.tableTitle ? `, ${shown.tableTitle}` : ""}`;
        const rows = [table(caption, shown.columns, shown.rows)];
        if (shown.tableTitle) rows.push(csvLink(`${this.#kind.id}-rows`, shown.columns, shown.rows, "csv-rows"));
        if (shown.option)
            this.#behind.replaceChildren(
                element("summary", {}, `Table${shown.tableTitle ? `: ${shown.tableTitle}` : ""}`),
                ...rows,
            );
        else this.#behind.replaceChildren(element("summary", { hidden: true }, "Table"), ...rows);
        if (!shown.option) this.#behind.open = true;
    }
}

/** Add all panels to the page and return them. */
function buildPanels() {
    const place = document.getElementById("sections");
    return SECTIONS.flatMap(([title, ...groups]) => {
        const [wide, paired] = groups.map((kinds) => kinds.map((kind) => new Panel(kind)));
        const id = `section-${title.toLowerCase().replaceAll(" ", "-")}`;
        const cards = (panels) => panels.map((panel) => panel.card);
        place.append(
            element(
                "section",
                { "aria-labelledby": id },
                element("h2", { id }, title),
                cards(wide),
                element("div", { class: "columns" }, cards(paired)),
            ),
        );
        return [...wide, ...paired];
    });
}

/** Show the key figures at the top. */
function showFigures(data, filters) {
    const all = wholeCohort(data, filters);
    const { half, most, open } = approvalTimes(all);
    const stillOpen = open ? `includes ${count(open)} still open` : "none still open";
    const ages = agesOf(data, filters);
    const figures = [
        ["Submitted", count(all.submitted), `of ${counted(all.milestones, "milestone")}`],
        ["Approved", count(all.approved), `${percent(all.approved, all.submitted)} of submitted`],
        ["Median time to approval", briefly(half), stillOpen],
        ["90th percentile", briefly(most), stillOpen],
        ["First-pass yield", percent(all.firstPass, all.decided), `of ${count(all.decided)} decided`],
        [
            "Pending decision",
            count(ages.length),
            ages.length ? `oldest ${duration(inSeconds(ages.at(-1)))}` : "none pending",
        ],
    ];
    document
        .getElementById("figures")
        .replaceChildren(
            ...figures.map(([name, value, detail]) =>
                element(
                    "li",
                    {},
                    element("span", { class: "figure-name" }, name),
                    element("strong", {}, value),
                    element("span", { class: "figure-detail" }, detail),
                ),
            ),
        );
}

function briefly(time) {
    return reached(time).replace("at least", "≥");
}
