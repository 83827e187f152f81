// Panels on what waits: tasks that hold milestones up, how old what is pending is, and with whom it lies.
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
    title: "Tasks that hold milestones up",
    about:
        "Tasks that are not approved, as they stood when this version was published, of milestones first submitted in " +
        "the range. A task holds its milestone up alone where it is the last one that is not approved.",
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
        if (!ordered.length) return { empty: "No task of these milestones is open." };
        const shown = ordered.slice(0, MOST_BARS);
        const alone = [...ordered].sort((one, other) => other.last - one.last)[0];
        return {
            insight:
                `Open most often: ${isolated(ordered[0].name)}, ${counted(ordered[0].open, "time")}. ` +
                (alone.last
                    ? `Alone in the way most often: ${isolated(alone.name)}, ${counted(alone.last, "time")}.`
                    : "None is alone in the way."),
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
                        ["alone in the way", theme.orange, shown.map((one) => one.last)],
                        ["open beside others", theme.sky, shown.map((one) => one.open - one.last)],
                    ],
                ),
            },
            columns: [
                { title: "Task" },
                ...["Open", "Alone in the way", "In review"].map((title) => ({ title, number: true })),
            ],
            rows: ordered.map((one) => [one.name, ...taskPairs(one).map(([, value]) => value)]),
        };
    },
};

function taskPairs(one) {
    return [
        ["open", count(one.open)],
        ["alone in the way", count(one.last)],
        ["of milestones in review", count(one.inReview)],
    ];
}

function agesOf(data, filters) {
    const ages = new Values();
    each(data.pending, filters, (row) => ages.add(data.pending.age_minutes[row]));
    return ages.sorted();
}

const ageing = {
    id: "ageing",
    title: "Age of what is pending",
    about: "Milestones that wait for a decision, by the time since their last submit, as of the time of publishing.",
    show(data, filters, theme) {
        const ages = agesOf(data, filters);
        if (!ages.length) return { empty: "Nothing that was first submitted in this range waits for a decision." };
        const amountsByAge = AGES.map(() => 0);
        for (const age of ages) amountsByAge[AGES.findIndex(([, days]) => age < days * 1440)] += 1;
        return {
            insight:
                `${counted(ages.length, "milestone waits", "milestones wait")}, half for more than ${duration(inSeconds(median(ages)))}; ` +
                `the oldest for ${duration(inSeconds(ages.at(-1)))}.`,
            height: 240,
            option: {
                ...base(
                    theme,
                    (place) => `${AGES[place][0]} d`,
                    (place) => [
                        ["pending", count(amountsByAge[place])],
                        ["of all pending", percent(amountsByAge[place], ages.length)],
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
            columns: [{ title: "Age" }, { title: "Pending", number: true }, { title: "Of all pending", number: true }],
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
    about: "With whom lies what waits for a decision: the user to whom the milestone is assigned.",
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
        if (!ordered.length) return { empty: "Nothing that was first submitted in this range waits for a decision." };
        const shown = ordered.slice(0, MOST_ASSIGNEES);
        const pairs = (one) => [
            ["pending", count(one.ages.length)],
            ["half for more than", duration(inSeconds(median(one.ages)))],
            ["the oldest for", duration(inSeconds(one.ages.at(-1)))],
        ];
        return {
            insight:
                `${isolated(ordered[0].name)} has the most, ${counted(ordered[0].ages.length, "milestone")}.` +
                (data.pii === "full" ? "" : " Pseudonyms stand for persons here."),
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
                ...["Pending", "Half for more than", "The oldest for"].map((title) => ({ title, number: true })),
            ],
            rows: ordered.map((one) => [one.name, ...pairs(one).map(([, value]) => value)]),
        };
    },
};
