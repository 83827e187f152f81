// Filters and groups the data of an environment; every sum goes through `each`.
const parsed = JSON.parse(document.getElementById("data").textContent);
const environments = new Map(parsed.environments.map((one) => [one.environment, one]));
const isLive = parsed.live;

/** The filters when nothing is selected. */
function noFilters() {
    return { environment: parsed.shown, definition: null, organization: null, first: null, last: null };
}

/** Visit the rows that match the filters; columns without a definition are filtered by day alone. */
function each(columns, filters, visit) {
    const first = filters.first ?? -Infinity;
    const last = filters.last ?? Infinity;
    const { day, definition, organization, rows } = columns;
    const byDefinition = filters.definition !== null && definition;
    const byOrganization = filters.organization !== null && organization;
    for (let row = 0; row < rows; row += 1) {
        if (day[row] < first || day[row] > last) continue;
        if (byDefinition && definition[row] !== filters.definition) continue;
        if (byOrganization && organization[row] !== filters.organization) continue;
        visit(row);
    }
}

/** Group the matching rows by key: `make` creates a group, `add` adds a row to it. */
function grouped(columns, filters, keyOf, make, add) {
    const groups = new Map();
    each(columns, filters, (row) => {
        const key = keyOf(row);
        let group = groups.get(key);
        if (group === undefined) groups.set(key, (group = make()));
        add(group, row);
    });
    return groups;
}

const monthsOfDays = new Map();

/** Months since January of year 0, from days since 1970. */
function monthOf(day) {
    let month = monthsOfDays.get(day);
    if (month === undefined) {
        const date = new Date(day * DAY_MS);
        monthsOfDays.set(day, (month = date.getUTCFullYear() * 12 + date.getUTCMonth()));
    }
    return month;
}

/** "Jul 2026" */
function monthText(month) {
    return `${MONTHS[month % 12]} ${Math.floor(month / 12)}`;
}

/** The same; in a file "2026-07". */
function exactMonth(month) {
    return exact(isoDay(Date.UTC(Math.floor(month / 12), month % 12) / DAY_MS).slice(0, 7), monthText(month));
}

function exactDay(day) {
    return exact(isoDay(day), dayText(day));
}

/** The time step of a chart that spans that many days. */
function stepFor(days) {
    if (days <= 92) return { name: "day", of: (day) => day, text: dayText, exact: exactDay };
    const monday = (week) => week * 7 - 3;
    if (days <= 800)
        return {
            name: "week",
            of: (day) => Math.floor((day + 3) / 7),
            text: (week) => dayText(monday(week)),
            exact: (week) => exactDay(monday(week)),
        };
    return { name: "month", of: monthOf, text: monthText, exact: exactMonth };
}

const LONGEST_GAP = 3;

/** The keys in order, with empty ones between them; a long gap is one null. */
function axisOf(keys) {
    const ordered = [...keys].sort((one, other) => one - other);
    const axis = [];
    for (const key of ordered) {
        const before = axis.at(-1);
        if (before !== undefined && key - before > LONGEST_GAP) axis.push(null);
        else for (let empty = before + 1; empty < key; empty += 1) axis.push(empty);
        axis.push(key);
    }
    return axis;
}

/** The first and last day with data. */
function extent(data) {
    const days = [...data.cohorts.day, ...data.deliveries.day];
    return days.reduce(([first, last], day) => [Math.min(first, day), Math.max(last, day)], [Infinity, -Infinity]);
}

/** The name of a definition or organization; with the start of its id if another has the same name. */
function nameOf(list, number) {
    const one = list[number];
    if (!one) return "none";
    const name = short(one.name || (one.id ? one.id : "none"));
    const isTwin = list.some((other) => other.number !== number && other.name === one.name);
    return isTwin && one.id ? `${name} (${one.id.slice(0, 8)})` : name;
}
