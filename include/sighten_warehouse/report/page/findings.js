// Panels on what was found in deliveries: quarantine, drift, and what the checks of the version let pass.

const quarantine = {
    id: "quarantine",
    title: "Quarantine",
    about:
        "Deliveries that could not be read, by reason, received in the range. Each is kept whole; " +
        "`sighten-warehouse quarantine` lists them, tries them again or lets them go.",
    show(data, filters, theme) {
        const { quarantine_days: days } = data;
        const groups = grouped(
            days,
            filters,
            (row) => days.reason[row],
            () => ({ open: 0, decided: 0 }),
            (group, row) => {
                group[days.decision_names[days.decision[row]] === "open" ? "open" : "decided"] += days.deliveries[row];
            },
        );
        const reasons = [...groups]
            .map(([reason, group]) => ({ name: words(days.reason_names[reason]), ...group }))
            .sort((one, other) => other.open + other.decided - one.open - one.decided);
        if (!reasons.length) return { empty: "Nothing was put into quarantine in this range." };
        const open = reasons.reduce((total, one) => total + one.open, 0);
        return {
            insight: `${counted(open, "delivery is", "deliveries are")} in quarantine without a decision.`,
            height: 60 + 34 * reasons.length,
            option: {
                ...base(
                    theme,
                    (place) => reasons[place].name,
                    (place) => [
                        ["open", count(reasons[place].open)],
                        ["decided on", count(reasons[place].decided)],
                    ],
                ),
                ...stackedAcross(
                    theme,
                    reasons.map((one) => one.name),
                    [
                        ["open", theme.red, reasons.map((one) => one.open)],
                        ["decided on", theme.grey, reasons.map((one) => one.decided)],
                    ],
                ),
            },
            columns: [
                { title: "Received (UTC)", short: true },
                { title: "Reason" },
                { title: "Place" },
                { title: "Expected" },
                { title: "Delivery" },
            ],
            rows: data.quarantine
                .filter((one) => fitsDay(one.received_ms, filters))
                .map((one) => [
                    momentText(one.received_ms),
                    words(one.reason ?? NOTHING),
                    one.place,
                    one.expected,
                    one.landing_id,
                ]),
            tableTitle: "the newest 50 without a decision",
        };
    },
};

function fitsDay(ms, filters) {
    const day = Math.floor(ms / DAY_MS);
    return day >= (filters.first ?? -Infinity) && day <= (filters.last ?? Infinity);
}

const drift = {
    id: "drift",
    title: "Drift",
    about:
        "What was met in payloads that is not known or does not add up: unknown fields and codes, values that do " +
        "not fit. " +
        "It is loaded all the same. Shown is what was last met in the range.",
    show(data, filters) {
        const rows = data.drift.filter((one) => fitsDay(one.last_seen_ms, filters));
        if (!rows.length) return { empty: "Nothing unknown was met in this range." };
        return {
            insight: `${counted(rows.length, "place")} in payloads with something that is not known or does not add up.`,
            columns: [
                { title: "Place" },
                { title: "What" },
                ...(data.pii === "full" ? [{ title: "Example" }] : []),
                { title: "Deliveries", number: true },
                { title: "Last met (UTC)", short: true },
            ],
            rows: rows.map((one) => [
                breakable(one.path),
                words(one.drift),
                ...(data.pii === "full" ? [one.example] : []),
                count(one.deliveries),
                momentText(one.last_seen_ms),
            ]),
        };
    },
};

const checks = {
    id: "checks",
    title: "Checks",
    about:
        "What must hold in every version was asked before this one was published. Whatever fails stops a version; " +
        "what is listed here was found and let pass. Not filtered.",
    show(data) {
        if (!data.checks.length) return { empty: "Every check of this version found nothing." };
        return {
            insight: `${counted(data.checks.length, "check")} found something to look at.`,
            columns: [{ title: "Check" }, { title: "What holds otherwise" }, { title: "Found", number: true }],
            rows: data.checks.map((one) => [words(one.check_name), one.description, count(one.findings)]),
        };
    },
};
