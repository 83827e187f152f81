// Approval panels: funnel, time to approval by month, re-signs.

const funnel = {
    id: "funnel",
    title: "Approval funnel",
    about:
        "How many of the selected milestones reached each stage. A milestone that was submitted or rejected again " +
        "after its approval does not count as approved.",
    show(data, filters, theme) {
        const all = wholeCohort(data, filters);
        if (!all.milestones) return { empty: "No milestones in this range." };
        const stages = [
            ["all", all.milestones],
            ["submitted", all.submitted],
            ["decided", all.decided],
            ["approved", all.approved],
        ];
        const label = ({ dataIndex }) =>
            `${count(stages[dataIndex][1])} · ${percent(stages[dataIndex][1], all.milestones)}`;
        return {
            insight:
                `${percent(all.approved, all.submitted)} of ${counted(all.submitted, "submitted milestone")} approved, ` +
                `${count(all.open.length)} still open.`,
            height: 190,
            option: {
                ...base(
                    theme,
                    (place) => stages[place][0],
                    (place) => [
                        ["milestones", count(stages[place][1])],
                        ["share of all", percent(stages[place][1], all.milestones)],
                    ],
                ),
                ...barsAcross(
                    theme,
                    stages.map(([name]) => name),
                    [
                        {
                            name: "milestones",
                            data: stages.map(([, value]) => value),
                            itemStyle: { color: theme.blue, borderRadius: 3 },
                            label: { show: true, position: "right", formatter: label, color: theme.ink },
                        },
                    ],
                ),
                grid: { left: 4, right: 96, top: 4, bottom: 4, containLabel: true },
            },
            columns: [{ title: "Stage" }, { title: "Milestones", number: true }, { title: "Share of all", number: true }],
            rows: stages.map(([name, value]) => [name, count(value), percent(value, all.milestones)]),
        };
    },
};

const approvalTimesByMonth = {
    id: "times",
    title: "Time to approval by month",
    about:
        "Cycle time from the first submit to the approval, by month of the first submit: median, 90th " +
        "percentile and the band between them. Milestones still open are included with their time so far " +
        "(Kaplan–Meier). A hollow point is a lower bound, computed from the approved milestones alone because too " +
        "many are still open.",
    show(data, filters, theme) {
        const groups = cohortsByMonth(data, filters);
        const axis = axisOf([...groups.keys()].filter((month) => groups.get(month).submitted));
        const months = axis.map((month) => {
            const group = groups.get(month) ?? newCohort();
            return { month, submitted: group.submitted, ...approvalTimes(group) };
        });
        if (!months.some((one) => one.submitted)) return { empty: "No submits in this range." };
        const whole = approvalTimes(wholeCohort(data, filters));
        return {
            insight: timesInsight(whole),
            height: 340,
            option: timesOption(theme, months),
            columns: [
                { title: "Month" },
                ...["Submitted", "Still open", "Median", "90th percentile"].map((title) => ({
                    title,
                    number: true,
                })),
            ],
            rows: months
                .filter((one) => one.month !== null)
                .map((one) => [exactMonth(one.month), ...timesPairs(one).map(([, value]) => value)]),
            csv: timesCsv(months),
        };
    },
};

function timesCsv(months) {
    const titles = ["month", "submitted", "still open", "median seconds", "90th percentile seconds", "is a lower bound"];
    return {
        columns: titles.map((title) => ({ title })),
        rows: months
            .filter((one) => one.month !== null)
            .map((one) => [
                exactMonth(one.month),
                one.submitted,
                one.open,
                wholeSeconds(one.half),
                wholeSeconds(one.most),
                String(Boolean(one.most) && !one.most.isReached),
            ]),
    };
}

function wholeSeconds(time) {
    return time === null ? null : Math.round(inSeconds(time.minutes));
}

function timesInsight({ half, most, open }) {
    if (half === null) return `None approved yet, ${count(open)} still open.`;
    return (
        `Median ${reached(half)}, 90th percentile ${reached(most)}; ` +
        `${open ? `includes ${count(open)} still open` : "none still open"}.`
    );
}

function timesOption(theme, months) {
    const labels = months.map(({ month }) => (month === null ? null : monthText(month)));
    const highest = Math.max(60, ...months.map((one) => one.most?.minutes ?? 0));
    const points = (name, colour) =>
        months.map(
            (one) =>
                one[name] && {
                    value: one[name].minutes,
                    itemStyle: {
                        color: one[name].isReached ? colour : theme.card,
                        borderColor: colour,
                        borderWidth: 2,
                    },
                },
        );
    const line = (name, data, colour, more) => ({
        name,
        data,
        type: "line",
        symbol: "circle",
        symbolSize: 7,
        itemStyle: { color: colour },
        lineStyle: { color: colour, width: 2, ...more },
    });
    const band = (name, data, area) => ({
        name,
        data,
        type: "line",
        stack: "band",
        symbol: "none",
        silent: true,
        lineStyle: { opacity: 0 },
        areaStyle: area,
    });
    const bars = (name, data, colour) => ({
        name,
        data,
        type: "bar",
        stack: "count",
        xAxisIndex: 1,
        yAxisIndex: 1,
        barMaxWidth: 26,
        itemStyle: { color: colour },
    });
    const sides = { left: 48, right: 12 };
    return {
        ...base(
            theme,
            (place) => labels[place] ?? "no submits",
            (place) => timesPairs(months[place]),
        ),
        legend: legend(theme, ["median", "90th percentile", "approved", "still open"]),
        axisPointer: { link: [{ xAxisIndex: "all" }] },
        grid: [
            { ...sides, top: pageWidth() < 600 ? 64 : 40, bottom: 118 },
            { ...sides, height: 62, bottom: 26 },
        ],
        xAxis: [names(theme, labels, { axisLabel: { show: false } }), names(theme, labels, { gridIndex: 1 })],
        yAxis: [times(theme, highest), amounts(theme, { gridIndex: 1, splitNumber: 2 })],
        series: [
            band(
                "from the median",
                months.map((one) => one.half?.minutes ?? null),
                { opacity: 0 },
            ),
            band(
                "to the 90th percentile",
                months.map((one) => one.most && one.most.minutes - one.half.minutes),
                { color: theme.blue, opacity: 0.16 },
            ),
            line("90th percentile", points("most", theme.sky), theme.sky, { type: "dashed" }),
            line("median", points("half", theme.blue), theme.blue),
            bars(
                "approved",
                months.map((one) => one.submitted - one.open),
                theme.grey,
            ),
            bars(
                "still open",
                months.map((one) => one.open),
                theme.orange,
            ),
        ],
    };
}

function timesPairs(one) {
    return [
        ["submitted", count(one.submitted)],
        ["still open", count(one.open)],
        ["median", reached(one.half)],
        ["90th percentile", reached(one.most)],
    ];
}

const resigns = {
    id: "resigns",
    title: "Re-signs",
    about:
        "Milestones whose contract was signed again on another quote, by month of the first submit. The signed " +
        "quotes come from Sighten's API.",
    show(data, filters, theme) {
        const whole = wholeCohort(data, filters);
        if (!whole.asked) {
            return { empty: "Not known yet: the signed quotes of these milestones were not looked up in Sighten's API." };
        }
        if (!whole.resigned)
            return { empty: `None of ${counted(whole.asked, "milestone")} was re-signed in this range.` };
        const groups = cohortsByMonth(data, filters);
        const axis = axisOf(groups.keys());
        const months = axis.map((month) => groups.get(month) ?? newCohort());
        const labels = axis.map((month) => (month === null ? null : monthText(month)));
        const pairs = (group) => [
            ["re-signed", count(group.resigned)],
            ["share of looked up", percent(group.resigned, group.asked)],
            ["not signed yet", count(group.unsigned)],
            ["looked up", count(group.asked)],
        ];
        return {
            insight:
                `${percent(whole.resigned, whole.asked)} of ${counted(whole.asked, "milestone")} ` +
                "looked up have a re-signed contract.",
            height: 240,
            option: {
                ...base(
                    theme,
                    (place) => labels[place] ?? "no submits",
                    (place) => pairs(months[place]),
                ),
                grid: { left: 44, right: 8, top: 12, bottom: 26 },
                xAxis: names(theme, labels),
                yAxis: amounts(theme),
                series: [
                    {
                        type: "bar",
                        name: "re-signed",
                        barMaxWidth: 26,
                        data: months.map((one) => one.resigned),
                        itemStyle: { color: theme.purple, borderRadius: [3, 3, 0, 0] },
                    },
                ],
            },
            columns: [
                { title: "Month" },
                ...["Re-signed", "Share of looked up", "Not signed yet", "Looked up"].map((title) => ({
                    title,
                    number: true,
                })),
            ],
            rows: axis
                .map((month, place) => [month, months[place]])
                .filter(([month]) => month !== null)
                .map(([month, group]) => [exactMonth(month), ...pairs(group).map(([, value]) => value)]),
        };
    },
};
