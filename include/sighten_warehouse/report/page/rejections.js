// Panels on rejections: the rejection rate by month and by definition.

const rejectionsByMonth = {
    id: "rejections",
    title: "Rejection rate by month",
    about: "Share of decisions that were rejections, by month of the first submit.",
    show(data, filters, theme) {
        const groups = cohortsByMonth(data, filters);
        const whole = wholeCohort(data, filters);
        if (!whole.rejections) return { empty: "No rejections in this range." };
        const axis = axisOf(groups.keys());
        const months = axis.map((month) => groups.get(month) ?? newCohort());
        const labels = axis.map((month) => (month === null ? null : monthText(month)));
        return {
            insight: rejectionInsight(data, filters, whole),
            height: 240,
            option: {
                ...base(
                    theme,
                    (place) => labels[place] ?? "no submits",
                    (place) => rejectionPairs(months[place]),
                ),
                grid: { left: 44, right: 8, top: 12, bottom: 26 },
                xAxis: names(theme, labels),
                yAxis: amounts(theme, {
                    minInterval: 0,
                    axisLabel: { ...textStyle(theme, 11), formatter: "{value} %" },
                }),
                series: [
                    {
                        type: "bar",
                        name: "rejected",
                        barMaxWidth: 26,
                        itemStyle: { color: theme.red, borderRadius: [3, 3, 0, 0] },
                        data: months.map((one) =>
                            decisionsOf(one) ? (100 * one.rejections) / decisionsOf(one) : null,
                        ),
                    },
                ],
            },
            columns: rejectionColumns("Month"),
            rows: axis
                .map((month, place) => [month, months[place]])
                .filter(([month]) => month !== null)
                .map(([month, group]) => [exactMonth(month), ...rejectionPairs(group).map(([, value]) => value)]),
        };
    },
};

function decisionsOf(group) {
    return group.rejections + group.approvals;
}

function rejectionPairs(group) {
    return [
        ["rejection rate", percent(group.rejections, decisionsOf(group))],
        ["rejections", count(group.rejections)],
        ["decisions", count(decisionsOf(group))],
        ["first-pass yield", percent(group.firstPass, group.decided)],
    ];
}

function rejectionColumns(title) {
    const numbered = ["Rejection rate", "Rejections", "Decisions", "First-pass yield"];
    return [{ title }, ...numbered.map((one) => ({ title: one, number: true }))];
}

function rejectionInsight(data, filters, whole) {
    const reworks = new Values();
    each(data.reworks, filters, (row) => reworks.add(data.reworks.rework_minutes[row]));
    const rework = median(reworks.sorted());
    return (
        `${percent(whole.rejections, decisionsOf(whole))} of ${counted(decisionsOf(whole), "decision")} were rejections; ` +
        `first-pass yield ${percent(whole.firstPass, whole.decided)}.` +
        (rework === null ? "" : ` Median time to resubmit: ${duration(inSeconds(rework))}.`)
    );
}

const rejectionsByDefinition = {
    id: "rejected-definitions",
    title: "Rejection rate by definition",
    about: "Share of decisions that were rejections, highest first.",
    show(data, filters, theme) {
        const groups = [...cohortsBy(data, filters, "definition", (row) => data.cohorts.definition[row])]
            .filter(([, group]) => decisionsOf(group))
            .sort(([, one], [, other]) => other.rejections / decisionsOf(other) - one.rejections / decisionsOf(one));
        if (!groups.some(([, group]) => group.rejections)) return { empty: "No rejections in this range." };
        const labels = groups.map(([number]) => nameOf(data.definitions, number));
        const shown = groups.slice(0, 12);
        return {
            insight: `Highest rejection rate: ${isolated(labels[0])}, ${percent(groups[0][1].rejections, decisionsOf(groups[0][1]))} of decisions.`,
            height: 34 + 30 * shown.length,
            option: {
                ...base(
                    theme,
                    (place) => labels[place],
                    (place) => rejectionPairs(shown[place][1]),
                ),
                ...barsAcross(theme, labels.slice(0, 12), [
                    {
                        name: "rejected",
                        data: shown.map(([, group]) => (100 * group.rejections) / decisionsOf(group)),
                        itemStyle: { color: theme.red, borderRadius: 3 },
                        label: {
                            show: true,
                            position: "right",
                            color: theme.ink,
                            formatter: ({ dataIndex }) =>
                                percent(shown[dataIndex][1].rejections, decisionsOf(shown[dataIndex][1])),
                        },
                    },
                ]),
            },
            columns: rejectionColumns("Definition"),
            rows: groups.map(([, group], place) => [labels[place], ...rejectionPairs(group).map(([, value]) => value)]),
        };
    },
};
