// The table behind a chart as a CSV file, as filtered.

/** A link that downloads the rows when it is clicked; columns are {title}, cells are texts or elements. */
function csvLink(name, columns, rows) {
    const download = (event) => {
        event.preventDefault();
        const url = URL.createObjectURL(new Blob([csvOf(columns, rows)], { type: "text/csv" }));
        element("a", { href: url, download: `${name}.csv` }).click();
        URL.revokeObjectURL(url);
    };
    return element("a", { href: "#", class: "csv", onclick: download, "aria-label": `${name} as CSV` }, "CSV");
}

function csvOf(columns, rows) {
    const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(plainValue))];
    return lines.map((line) => `${line.map(csvField).join(",")}\r\n`).join("");
}

/** The value of a cell: numbers without separators, shares from 0 to 1, nothing for a dash. */
function plainValue(cell) {
    const text = cell instanceof Element ? textOf(cell) : String(cell ?? NOTHING);
    if (text === NOTHING) return "";
    if (/^\d{1,3}(,\d{3})*$/.test(text)) return text.replaceAll(",", "");
    const share = /^([\d.]+) %$/.exec(text);
    return share ? String(Number(share[1]) / 100) : text;
}

/** The whole id of a shortened one; a state without the symbol before it. */
function textOf(cell) {
    return cell.title || (cell.classList.contains("state") ? cell.lastChild : cell).textContent.trim();
}

/** Quoted where needed; what a spreadsheet would run as a formula becomes text. */
function csvField(text) {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
