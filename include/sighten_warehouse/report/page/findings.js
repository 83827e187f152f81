// Panels on data quality: quarantine, drift, and warnings of the checks.

const quarantine = {
    id: "quarantine",
    title: "Quarantine",
    about:
        "Deliveries received in this range that could not be read, by reason. Each is kept unchanged; " +
        "`sighten-warehouse quarantine` lists, retries or discards them.",
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
        if (!reasons.length) return { empty: "No quarantined deliveries in this range." };
        const open = reasons.reduce((total, one) => total + one.open, 0);
        return {
            insight: `${counted(open, "delivery", "deliveries")} in quarantine without a decision.`,
            height: 60 + 34 * reasons.length,
            option: {
                ...base(
                    theme,
                    (place) => reasons[place].name,
                    (place) => [
                        ["open", count(reasons[place].open)],
                        ["decided", count(reasons[place].decided)],
                    ],
                ),
                ...stackedAcross(
                    theme,
                    reasons.map((one) => one.name),
                    [
                        ["open", theme.red, reasons.map((one) => one.open)],
                        ["decided", theme.grey, reasons.map((one) => one.decided)],
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
                    moment(one.received_ms),
                    words(one.reason ?? NOTHING),
                    one.place,
                    one.expected,
                    one.landing_id,
                ]),
            tableTitle: "newest 50 without a decision",
            csv: {
                columns: ["Reason", "Open", "Decided"].map((title) => ({ title })),
                rows: reasons.map((one) => [one.name, one.open, one.decided]),
            },
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
        "Unexpected content of payloads: unknown fields and codes, values of the wrong type, counts that do not add " +
        "up. It is loaded all the same. Listed by the day last seen.",
    show(data, filters) {
        const rows = data.drift.filter((one) => fitsDay(one.last_seen_ms, filters));
        if (!rows.length) return { empty: "No drift in this range." };
        return {
            insight: `${counted(rows.length, "kind")} of unexpected content in payloads.`,
            columns: [
                { title: "Kind" },
                { title: "Field" },
                { title: "Value" },
                { title: "Deliveries", number: true },
                { title: "Last seen (UTC)", short: true },
            ],
            rows: rows.map((one) => [
                words(one.drift) + (one.is_acknowledged ? " (acknowledged)" : ""),
                breakable(one.path),
                one.example === null ? "hidden" : breakable(one.example),
                count(one.deliveries),
                moment(one.last_seen_ms),
            ]),
        };
    },
};

const checks = {
    id: "checks",
    title: "Checks",
    about:
        "Checks run before this version was published. An error stops publishing; warnings are listed here. Not " +
        "filtered.",
    show(data) {
        if (!data.checks.length) return { empty: "All checks of this version passed." };
        return {
            insight: `${counted(data.checks.length, "check")} with a warning.`,
            columns: [{ title: "Check" }, { title: "Expected" }, { title: "Findings", number: true }],
            rows: data.checks.map((one) => [words(one.check_name), one.description, count(one.findings)]),
        };
    },
};
