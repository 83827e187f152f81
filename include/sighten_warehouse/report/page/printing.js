// Printing: light colours, charts as wide as the paper and sharp, filters as text.
let isPrinted = false;

/** The width that charts have to fit: that of the window, or of the paper. */
function pageWidth() {
    return isPrinted ? document.body.clientWidth : innerWidth;
}

function layOut(forPaper) {
    isPrinted = forPaper;
    document.documentElement.classList.toggle("printed", forPaper);
    applyTheme(forPaper ? "light" : themeChoice.value);
    redraw();
}

/** "Environment production · Definition Permit · 1 Jun 2025 to 2 Jun 2025", with the search of the list. */
function filtersAsText(data, filters) {
    const search = readSearch();
    const days = [filters.first, filters.last].map((day) => (day === null ? null : dayText(day)));
    const period = { "": "all dates", 1: `from ${days[0]}`, 2: `until ${days[1]}`, 12: `${days[0]} to ${days[1]}` };
    const state = STATES.find(([value]) => value === search.state)[1];
    return [
        `Environment ${filters.environment}`,
        filters.definition === null ? "all definitions" : `definition ${nameOf(data.definitions, filters.definition)}`,
        filters.organization === null
            ? "all organizations"
            : `organization ${nameOf(data.organizations, filters.organization)}`,
        period[`${days[0] ? 1 : ""}${days[1] ? 2 : ""}`],
        search.state ? `list: ${state}` : null,
        search.text ? `list: “${search.text}”` : null,
    ]
        .filter(Boolean)
        .map(isolated)
        .join(" · ");
}

addEventListener("beforeprint", () => layOut(true));
addEventListener("afterprint", () => layOut(false));
