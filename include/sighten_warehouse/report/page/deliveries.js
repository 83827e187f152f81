// Panels on deliveries: their outcomes, and how fast they were published.
const OUTCOMES = [
    ["applied", "blue"],
    ["superseded", "sky"],
    ["duplicate", "grey"],
    ["ignored", "purple"],
    ["quarantined", "red"],
];
const WITHOUT_MILESTONE = ["ignored", "quarantined"];

function deliveryCounts(data, filters, keyOf) {
    const { deliveries } = data;
    const counted = [...OUTCOMES.map(([name]) => name), "late", "repaired"];
    return grouped(
        deliveries,
        filters,
        keyOf,
        () => ({ all: 0, ...Object.fromEntries(counted.map((name) => [name, 0])) }),
        (group, row) => {
            for (const name of counted) group[name] += deliveries[name][row];
            for (const [name] of OUTCOMES) group.all += deliveries[name][row];
        },
    );
}

function stepOf(columns, filters) {
    let [first, last] = [Infinity, -Infinity];
    each(columns, filters, (row) => {
        first = Math.min(first, columns.day[row]);
        last = Math.max(last, columns.day[row]);
    });
    return stepFor(last - first);
}

const outcomes = {
    id: "outcomes",
    title: "Deliveries by outcome",
    about:
        "Deliveries by the day they were received; each has exactly one outcome. Ignored and quarantined ones belong " +
        "to no milestone, so they are left out while a definition or organization is selected.",
    show(data, filters, theme) {
        const all = deliveryCounts(data, filters, () => "all").get("all");
        if (!all) return { empty: "No deliveries in this range." };
        const step = stepOf(data.deliveries, filters);
        const groups = deliveryCounts(data, filters, (row) => step.of(data.deliveries.day[row]));
        const axis = axisOf(groups.keys());
        const labels = axis.map((key) => (key === null ? null : step.text(key)));
        const shown = OUTCOMES.filter(([name]) => all[name] || !WITHOUT_MILESTONE.includes(name));
        const pairs = (group) => [
            ["deliveries", count(group?.all ?? 0)],
            ...OUTCOMES.map(([name]) => [name, count(group?.[name] ?? 0)]),
            ["late", count(group?.late ?? 0)],
            ["repaired", count(group?.repaired ?? 0)],
        ];
        return {
            insight:
                `${counted(all.all, "delivery", "deliveries")}: ${percent(all.duplicate, all.all)} duplicates, ` +
                `${percent(all.late, all.all)} late, ${percent(all.repaired, all.all)} repaired (not strict JSON), ` +
                `${count(all.quarantined)} quarantined.`,
            height: 280,
            option: {
                ...base(
                    theme,
                    (place) => axisTitle(step, labels[place]),
                    (place) => pairs(groups.get(axis[place])),
                ),
                legend: legend(
                    theme,
                    shown.map(([name]) => name),
                ),
                grid: { left: 48, right: 8, top: pageWidth() < 600 ? 64 : 40, bottom: 26 },
                xAxis: names(theme, labels),
                yAxis: amounts(theme),
                series: shown.map(([name, colour]) => ({
                    name,
                    type: "bar",
                    stack: "outcome",
                    barMaxWidth: 26,
                    itemStyle: { color: theme[colour] },
                    data: axis.map((key) => groups.get(key)?.[name] ?? 0),
                })),
            },
            columns: [
                { title: stepTitle(step) },
                ...["Deliveries", ...OUTCOMES.map(([name]) => name), "Late", "Repaired"].map((title) => ({
                    title: title[0].toUpperCase() + title.slice(1),
                    number: true,
                })),
            ],
            rows: axis
                .filter((key) => key !== null)
                .map((key) => [step.exact(key), pairs(groups.get(key))])
                .map(([label, values]) => [label, ...values.map(([, value]) => value)]),
        };
    },
};

function axisTitle(step, label) {
    if (label === null) return "no deliveries";
    return step.name === "week" ? `week of ${label}` : label;
}

function stepTitle(step) {
    return { day: "Day", week: "Week of", month: "Month" }[step.name];
}

const publishing = {
    id: "publishing",
    title: "Time from landing to publishing",
    about:
        "Time from landing to the first published version that holds the delivery: median, 95th and 99th percentile by " +
        "the day received (p50, p95 and p99 of ops.latency). Not filtered by definition or organization.",
    show(data, filters, theme) {
        const days = [];
        each(data.days, { ...filters, definition: null, organization: null }, (row) => {
            if (data.days.p50_seconds[row] !== null) days.push(row);
        });
        if (!days.length) return { empty: "No delivery of this range is published yet." };
        const values = new Map(days.map((row) => [data.days.day[row], row]));
        const axis = axisOf(values.keys());
        const at = (name, key) => (values.has(key) ? Math.max(0, data.days[name][values.get(key)]) / 60 : null);
        const labels = axis.map((key) => (key === null ? null : dayText(key)));
        const newest = values.get(axis.at(-1));
        const line = (name, column, colour, type) => ({
            name,
            type: "line",
            symbolSize: 5,
            showSymbol: axis.length < 60,
            connectNulls: true,
            lineStyle: { color: theme[colour], width: 2, type },
            itemStyle: { color: theme[colour] },
            data: axis.map((key) => at(column, key)),
        });
        const pairs = (key) => [
            ["median", durationOf(at("p50_seconds", key))],
            ["95th percentile", durationOf(at("p95_seconds", key))],
            ["99th percentile", durationOf(at("p99_seconds", key))],
            ["slowest", durationOf(at("longest_seconds", key))],
        ];
        return {
            insight:
                `Latest day, ${dayText(data.days.day[newest])}: ` +
                `median ${duration(Math.max(0, data.days.p50_seconds[newest]))}, ` +
                `95th percentile ${duration(Math.max(0, data.days.p95_seconds[newest]))}, ` +
                `99th ${duration(Math.max(0, data.days.p99_seconds[newest]))}, ` +
                `slowest ${duration(Math.max(0, data.days.longest_seconds[newest]))}.`,
            height: 240,
            option: {
                ...base(
                    theme,
                    (place) => labels[place] ?? "no deliveries",
                    (place) => pairs(axis[place]),
                ),
                legend: legend(theme, ["median", "95th percentile", "99th percentile"]),
                grid: { left: 56, right: 8, top: pageWidth() < 1000 ? 64 : 40, bottom: 26 },
                xAxis: names(theme, labels),
                yAxis: times(theme, Math.max(1, ...axis.map((key) => at("p99_seconds", key) ?? 0))),
                series: [
                    line("99th percentile", "p99_seconds", "grey", "dotted"),
                    line("95th percentile", "p95_seconds", "sky", "dashed"),
                    line("median", "p50_seconds", "blue", "solid"),
                ],
            },
            columns: [
                { title: "Received on" },
                ...["Median", "95th percentile", "99th percentile", "Slowest"].map((title) => ({ title, number: true })),
            ],
            rows: axis
                .filter((key) => values.has(key))
                .map((key) => [dayText(key), ...pairs(key).map(([, value]) => value)]),
            csv: {
                columns: ["day", "p50 seconds", "p95 seconds", "p99 seconds", "slowest seconds"].map((title) => ({ title })),
                rows: days.map((row) => [
                    isoDay(data.days.day[row]),
                    data.days.p50_seconds[row],
                    data.days.p95_seconds[row],
                    data.days.p99_seconds[row],
                    data.days.longest_seconds[row],
                ]),
            },
        };
    },
};

function durationOf(minutes) {
    return minutes === null ? NOTHING : duration(inSeconds(minutes));
}
