// Formats values: durations with units, percentages, dates in UTC.
const DAY_MS = 86400000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const UNITS = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
];
const NOTHING = "–";
const MOST_LETTERS = 90;
const numbers = new Intl.NumberFormat("en-US");

/** 12,345 */
function count(value) {
    return numbers.format(value);
}

/** "1 milestone", "2 milestones". */
function counted(value, one, many = `${one}s`) {
    return `${count(value)} ${value === 1 ? one : many}`;
}

/** "5 d 2 h": the two largest units; days alone from 100 d. */
function duration(seconds) {
    if (seconds === null || seconds === undefined) return NOTHING;
    if (seconds < 1) return "under 1 s";
    if (seconds >= 100 * 86400) return `${count(Math.round(seconds / 86400))} d`;
    for (let place = 0; place < UNITS.length - 1; place += 1) {
        const [unit, size] = UNITS[place];
        const [smallerUnit, smallerSize] = UNITS[place + 1];
        const smaller = Math.round(seconds / smallerSize);
        const perUnit = size / smallerSize;
        if (smaller < perUnit) continue;
        const rest = smaller % perUnit ? ` ${smaller % perUnit} ${smallerUnit}` : "";
        return `${Math.floor(smaller / perUnit)} ${unit}${rest}`;
    }
    return `${Math.round(seconds)} s`;
}

/** "62 %", "3.4 %" below ten; "–" if the whole is 0. */
function percent(part, whole) {
    if (!whole) return NOTHING;
    const value = (100 * part) / whole;
    const digits = value > 0 && value < 10 ? 1 : 0;
    return `${value.toFixed(digits)} %`;
}

/** Days since 1970-01-01 of "2026-07-01"; null if the text is not a date. */
function dayOf(text) {
    const time = Date.parse(`${text}T00:00:00Z`);
    return Number.isNaN(time) ? null : Math.floor(time / DAY_MS);
}

/** "2026-07-01" of days since 1970-01-01. */
function isoDay(day) {
    return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** "1 Jul 2026" */
function dayText(day) {
    const date = new Date(day * DAY_MS);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** "1 Jul 2026, 06:00" */
function momentText(ms) {
    if (ms === null || ms === undefined) return NOTHING;
    return `${dayText(Math.floor(ms / DAY_MS))}, ${new Date(ms).toISOString().slice(11, 16)}`;
}

/** "3 h 5 min ago"; "just now" for less than a minute or a time in the future. */
function ago(ms) {
    const seconds = (Date.now() - ms) / 1000;
    return seconds < 60 ? "just now" : `${duration(seconds)} ago`;
}

/** Shorten a long name in its middle, so that names with the same beginning still differ. */
function short(name, most = MOST_LETTERS) {
    const letters = [...(name ?? "")];
    if (letters.length <= most) return name;
    const kept = Math.ceil(0.6 * (most - 1));
    return `${letters.slice(0, kept).join("")}…${letters.slice(kept + 1 - most).join("")}`;
}

/** A name for use in a sentence, isolated so that its writing direction does not affect the sentence. */
function isolated(name) {
    return `\u2068${short(name)}\u2069`;
}

/** "not_json" as "not json". */
function words(code) {
    return code.replaceAll("_", " ");
}
