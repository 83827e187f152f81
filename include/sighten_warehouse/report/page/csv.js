// The rows behind a chart or a table as a CSV file, as filtered.

/** A link that downloads the rows when it is clicked; columns are {title, csv}, cells are texts or elements. */
function csvLink(name, columns, rows, kind = "csv") {
    return csvOnDemand(name, () => ({ columns, rows }), kind);
}

/** The same; `make` returns {columns, rows} or a promise of them, and null if there is nothing to download. */
function csvOnDemand(name, make, kind = "csv") {
    const download = async (event) => {
        event.preventDefault();
        const made = await make();
        if (!made) return;
        const url = URL.createObjectURL(new Blob([csvOf(made.columns, made.rows)], { type: "text/csv" }));
        element("a", { href: url, download: `${name}.csv` }).click();
        URL.revokeObjectURL(url);
    };
    return element("a", { href: "#", class: kind, onclick: download, "aria-label": `${name} as CSV` }, "CSV");
}

function csvOf(columns, rows) {
    const lines = [columns.map(({ title, csv }) => csv ?? title), ...rows.map((row) => row.map(plainValue))];
    return lines.map((line) => `${line.map(csvField).join(",")}\r\n`).join("");
}

/** A text that stands for an exact value: a file gets the value, the page shows the text. */
function exact(value, text) {
    return element("data", { value: String(value ?? "") }, text);
}

/** A moment in UTC, in a file as ISO 8601. */
function moment(ms) {
    if (ms === null || ms === undefined) return NOTHING;
    return element("time", { datetime: new Date(ms).toISOString() }, momentText(ms));
}

/** The value of a cell: numbers without separators, shares from 0 to 1, nothing for a dash. */
function plainValue(cell) {
    if (cell instanceof HTMLDataElement) return cell.value;
    if (cell instanceof HTMLTimeElement) return cell.dateTime;
    const text = cell instanceof Element ? textOf(cell) : String(cell ?? NOTHING);
    if (text === NOTHING) return "";
    if (/^\d{1,3}(,\d{3})*$/.test(text)) return text.replaceAll(",", "");
    const share = /^([\d.]+) %$/.exec(text);
    return share ? String(Number(share[1]) / 100) : text;
}

/** The whole id or name of a shortened one; a state without the symbol before it. */
function textOf(cell) {
    return cell.title || (cell.classList.contains("state") ? cell.lastChild : cell).textContent.trim();
}

/** Quoted where needed; what a spreadsheet would run as a formula becomes text, as guards/spreadsheet.py has it. */
function csvField(text) {
    const isFormula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) && !/^[+-]?\d+([.,]\d+)*$/.test(text);
    const safe = isFormula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
