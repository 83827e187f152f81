// Panels on open work: task bottlenecks, ageing of pending milestones, pending milestones by assignee.
const AGES = [
    ["< 1", 1],
    ["1–3", 3],
    ["3–7", 7],
    ["7–14", 14],
    ["14–30", 30],
    ["≥ 30", Infinity],
];
const MOST_BARS = 12;
const MOST_ASSIGNEES = 6;

const bottlenecks = {
    id: "bottlenecks",
    title: "Task bottlenecks",
    about:
        "Tasks not approved as of this version, in milestones first submitted in this range. A task is the last open " +
        "one when all other tasks of its milestone are approved.",
    show(data, filters, theme) {
        const { tasks } = data;
        const found = grouped(
            tasks,
            filters,
            (row) => tasks.task[row],
            () => ({ open: 0, last: 0, inReview: 0 }),
            (group, row) => {
                group.open += tasks.open[row];
                group.last += tasks.last_open[row];
                group.inReview += tasks.in_review[row];
            },
        );
        const ordered = [...found]
            .map(([task, group]) => ({ name: short(tasks.task_names[task] || "no name"), ...group }))
            .sort((one, other) => other.open - one.open || other.last - one.last);
        if (!ordered.length) return { empty: "No open tasks in these milestones." };
        const shown = ordered.slice(0, MOST_BARS);
        const lastOpen = [...ordered].sort((one, other) => other.last - one.last)[0];
        return {
            insight:
                `Most often open: ${isolated(ordered[0].name)}, ${counted(ordered[0].open, "time")}. ` +
                (lastOpen.last
                    ? `Most often the last open task: ${isolated(lastOpen.name)}, ${counted(lastOpen.last, "time")}.`
                    : "None is the last open task."),
            height: 56 + 30 * shown.length,
            option: {
                ...base(
                    theme,
                    (place) => shown[place].name,
                    (place) => taskPairs(shown[place]),
                ),
                ...stackedAcross(
                    theme,
                    shown.map((one) => one.name),
                    [
                        ["last open task", theme.orange, shown.map((one) => one.last)],
                        ["open with others", theme.sky, shown.map((one) => one.open - one.last)],
                    ],
                ),
            },
            columns: [
                { title: "Task" },
                ...["Open", "Last open task", "In review"].map((title) => ({ title, number: true })),
            ],
            rows: ordered.map((one) => [one.name, ...taskPairs(one).map(([, value]) => value)]),
        };
    },
};

function taskPairs(one) {
    return [
        ["open", count(one.open)],
        ["last open task", count(one.last)],
        ["milestone in review", count(one.inReview)],
    ];
}

function agesOf(data, filters) {
    const ages = new Values();
    each(data.pending, filters, (row) => ages.add(data.pending.age_minutes[row]));
    return ages.sorted();
}

const ageing = {
    id: "ageing",
    title: "Ageing of pending milestones",
    about: "Milestones pending a decision, by age: the time from their last submit to the publishing of this version.",
    show(data, filters, theme) {
        const ages = agesOf(data, filters);
        if (!ages.length) return { empty: "No pending milestones in this range." };
        const amountsByAge = AGES.map(() => 0);
        for (const age of ages) amountsByAge[AGES.findIndex(([, days]) => age < days * 1440)] += 1;
        return {
            insight:
                `${counted(ages.length, "milestone")} pending; median age ${duration(inSeconds(median(ages)))}, ` +
                `oldest ${duration(inSeconds(ages.at(-1)))}.`,
            height: 240,
            option: {
                ...base(
                    theme,
                    (place) => `${AGES[place][0]} d`,
                    (place) => [
                        ["pending", count(amountsByAge[place])],
                        ["share of pending", percent(amountsByAge[place], ages.length)],
                    ],
                ),
                grid: { left: 44, right: 8, top: 20, bottom: 46 },
                xAxis: names(
                    theme,
                    AGES.map(([name]) => name),
                    {
                        name: "days since the last submit",
                        nameLocation: "middle",
                        nameGap: 26,
                        nameTextStyle: textStyle(theme, 11),
                        axisLabel: { ...textStyle(theme, 11), interval: 0 },
                    },
                ),
                yAxis: amounts(theme),
                series: [
                    {
                        type: "bar",
                        name: "pending",
                        barMaxWidth: 44,
                        data: amountsByAge,
                        itemStyle: { color: theme.orange, borderRadius: [3, 3, 0, 0] },
                        label: {
                            show: true,
                            position: "top",
                            color: theme.ink,
                            formatter: ({ value }) => count(value),
                        },
                    },
                ],
            },
            columns: [{ title: "Age" }, { title: "Pending", number: true }, { title: "Share of pending", number: true }],
            rows: AGES.map(([name], place) => [
                `${name} d`,
                count(amountsByAge[place]),
                percent(amountsByAge[place], ages.length),
            ]),
        };
    },
};

const assignees = {
    id: "assignees",
    title: "Pending by assignee",
    about: "Milestones pending a decision, by the user they are assigned to.",
    show(data, filters, theme) {
        const { pending } = data;
        const found = grouped(
            pending,
            filters,
            (row) => pending.assignee[row],
            () => new Values(),
            (ages, row) => ages.add(pending.age_minutes[row]),
        );
        const ordered = [...found]
            .map(([assignee, ages]) => ({ name: short(pending.assignee_names[assignee]), ages: ages.sorted() }))
            .sort((one, other) => other.ages.length - one.ages.length);
        if (!ordered.length) return { empty: "No pending milestones in this range." };
        const shown = ordered.slice(0, MOST_ASSIGNEES);
        const pairs = (one) => [
            ["pending", count(one.ages.length)],
            ["median age", duration(inSeconds(median(one.ages)))],
            ["oldest", duration(inSeconds(one.ages.at(-1)))],
        ];
        return {
            insight:
                `${isolated(ordered[0].name)} has the most: ${counted(ordered[0].ages.length, "milestone")}.` +
                (data.pii === "full" ? "" : " Persons are shown as pseudonyms."),
            height: 34 + 30 * shown.length,
            option: {
                ...base(
                    theme,
                    (place) => shown[place].name,
                    (place) => pairs(shown[place]),
                ),
                ...barsAcross(
                    theme,
                    shown.map((one) => one.name),
                    [
                        {
                            name: "pending",
                            itemStyle: { color: theme.orange, borderRadius: 3 },
                            data: shown.map((one) => one.ages.length),
                            label: {
                                show: true,
                                position: "right",
                                color: theme.ink,
                                formatter: ({ value }) => count(value),
                            },
                        },
                    ],
                ),
            },
            columns: [
                { title: "Assignee" },
                { title: "Pending", number: true },
                { title: "Median age", number: true, csv: "median age seconds" },
                { title: "Oldest", number: true, csv: "oldest seconds" },
            ],
            rows: ordered.map((one) => [
                one.name,
                count(one.ages.length),
                exactDuration(inSeconds(median(one.ages))),
                exactDuration(inSeconds(one.ages.at(-1))),
            ]),
        };
    },
};

function exactDuration(seconds) {
    return exact(seconds === null ? null : Math.round(seconds), duration(seconds));
}
