// The form that shows and changes the filters.
const PERIODS = [
    ["all", "all dates", null],
    ["30", "last 30 days", 30],
    ["90", "last 90 days", 90],
    ["365", "last 12 months", 365],
];
const form = document.getElementById("filters");

/** Whether anything but the environment is selected. */
function isFiltered(filters) {
    return Object.entries(noFilters()).some(([name, nothing]) => name !== "environment" && filters[name] !== nothing);
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

/** Show the filters in the form. */
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
    const own = period === "own" ? [["own", "custom"]] : [];
    options(fields.period, [...PERIODS, ...own], period);
}

function periodOf(data, filters) {
    if (filters.first === null && filters.last === null) return "all";
    const [, newest] = extent(data);
    const preset = PERIODS.find(([, , days]) => days && filters.first === newest - days + 1 && filters.last === null);
    return preset ? preset[0] : "own";
}

/** The filters in the form, after that field changed. */
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

/** Show how many milestones and deliveries are selected. */
function showSelection(data, filters) {
    const milestones = wholeCohort(data, filters).milestones;
    const deliveries = deliveryCounts(data, filters, () => "all").get("all")?.all ?? 0;
    const emptyRange = filters.first !== null && filters.last !== null && filters.first > filters.last;
    document.getElementById("filters-on-paper").textContent = filtersAsText(data, filters);
    document.getElementById("chosen").textContent = emptyRange
        ? "The start date is after the end date, so nothing is selected."
        : `${counted(milestones, "milestone")} (by day of first submit), ` +
          `${counted(deliveries, "delivery", "deliveries")} (by day received). Times are UTC.`;
}
