// The filters: read from the address, shown in the form, and written back, so that a view can be sent to somebody.
const PERIODS = [
    ["all", "all dates", null],
    ["30", "last 30 days", 30],
    ["90", "last 90 days", 90],
    ["365", "last 12 months", 365],
];
const form = document.getElementById("filters");

/** What the address says after its #, as far as it fits the data. */
function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const filters = noFilters();
    if (environments.has(given.get("environment"))) filters.environment = given.get("environment");
    const data = environments.get(filters.environment);
    const numberOf = (list, id) => list.find((one) => id !== null && one.id === id)?.number ?? null;
    filters.definition = numberOf(data.definitions, given.get("definition"));
    filters.organization = numberOf(data.organizations, given.get("organization"));
    filters.first = dayOf(given.get("from"));
    filters.last = dayOf(given.get("to"));
    return { filters, milestone: given.get("milestone") };
}

/** The part of the address after # for those filters and that open milestone. */
function address(filters, milestone) {
    const data = environments.get(filters.environment);
    const said = new URLSearchParams();
    if (filters.environment !== parsed.shown) said.set("environment", filters.environment);
    if (filters.definition !== null) said.set("definition", data.definitions[filters.definition].id);
    if (filters.organization !== null) said.set("organization", data.organizations[filters.organization].id);
    if (filters.first !== null) said.set("from", isoDay(filters.first));
    if (filters.last !== null) said.set("to", isoDay(filters.last));
    if (milestone) said.set("milestone", milestone);
    return `#${said}`;
}

function options(select, pairs, chosen) {
    select.replaceChildren(
        ...pairs.map(([value, name]) => element("option", { value, selected: value === chosen }, name)),
    );
}

function listed(list, all) {
    const named = list.map((one) => [String(one.number), nameOf(list, one.number)]);
    return [["", all], ...named];
}

/** Let the form say what the filters are. */
function showFilters(filters) {
    const data = environments.get(filters.environment);
    const fields = form.elements;
    options(
        fields.environment,
        [...environments.keys()].map((name) => [name, name]),
        filters.environment,
    );
    options(fields.definition, listed(data.definitions, "all definitions"), String(filters.definition ?? ""));
    options(fields.organization, listed(data.organizations, "all organizations"), String(filters.organization ?? ""));
    fields.from.value = filters.first === null ? "" : isoDay(filters.first);
    fields.to.value = filters.last === null ? "" : isoDay(filters.last);
    const period = periodOf(data, filters);
    const own = period === "own" ? [["own", "as below"]] : [];
    options(fields.period, [...PERIODS, ...own], period);
}

function periodOf(data, filters) {
    if (filters.first === null && filters.last === null) return "all";
    const [, newest] = extent(data);
    const preset = PERIODS.find(([, , days]) => days && filters.first === newest - days + 1 && filters.last === null);
    return preset ? preset[0] : "own";
}

/** What the form says the filters are, after that field of it changed. */
function readForm(changed) {
    const fields = form.elements;
    const before = readAddress().filters;
    const numberOf = (field) => (field.value === "" ? null : Number(field.value));
    const filters = {
        environment: fields.environment.value,
        definition: numberOf(fields.definition),
        organization: numberOf(fields.organization),
        first: dayOf(fields.from.value),
        last: dayOf(fields.to.value),
    };
    if (changed === "environment")
        return { ...noFilters(), environment: filters.environment, first: before.first, last: before.last };
    if (changed === "period") {
        const days = PERIODS.find(([value]) => value === fields.period.value)?.[2];
        filters.first = days ? extent(environments.get(filters.environment))[1] - days + 1 : null;
        filters.last = null;
    }
    return filters;
}

/** The sentence that says what is chosen. */
function sayChosen(data, filters) {
    const milestones = wholeCohort(data, filters).milestones;
    const deliveries = deliveryCounts(data, filters, () => "all").get("all")?.all ?? 0;
    const emptyRange = filters.first !== null && filters.last !== null && filters.first > filters.last;
    document.getElementById("chosen").textContent = emptyRange
        ? "The first day is after the last one, so nothing is chosen."
        : `${counted(milestones, "milestone")} by the day of their first submit, ` +
          `${counted(deliveries, "delivery", "deliveries")} by the day received. Times are UTC.`;
}
