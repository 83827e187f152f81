// Builds the page and updates it when the URL, a filter or the theme changes.
const WHAT_TO_DO =
    "Send Sighten's webhooks to the receiver (`sighten-warehouse receive`), or import old ones " +
    "(`sighten-warehouse backfill files`); then `sighten-warehouse run` loads and publishes them.";
const panels = buildPanels();
const list = new MilestoneList();
const dark = matchMedia("(prefers-color-scheme: dark)");
const themeChoice = document.getElementById("theme");
let shownAt = null;

/** Show the view in the URL. */
function show() {
    const { filters, milestone } = readAddress();
    const data = environments.get(filters.environment);
    const at = address(filters, null, NO_SEARCH);
    const isNew = at !== shownAt;
    if (isNew) {
        shownAt = at;
        showFilters(filters);
        draw(data, filters);
    }
    list.show(data, filters, isNew);
    copyAddressToFrame();
    openMilestone(data, filters, milestone);
}

function draw(data, filters) {
    const theme = colours();
    showFigures(data, filters);
    for (const panel of panels) panel.show(data, filters, theme);
    showSelection(data, filters);
    showFreshness(data);
}

function redraw() {
    const { filters } = readAddress();
    draw(environments.get(filters.environment), filters);
}

function showFreshness({ freshness, environment, pii }) {
    const received =
        freshness.received_ms === null ? "No deliveries yet" : `Latest delivery ${momentText(freshness.received_ms)} UTC`;
    const isOld = Date.now() - freshness.published_ms > DAY_MS;
    document
        .getElementById("fresh")
        .replaceChildren(
            element(
                "span",
                { class: isOld ? "old" : null },
                `Published ${momentText(freshness.published_ms)} UTC, ${ago(freshness.published_ms)}`,
            ),
            element("br"),
            received,
        );
    const notice = document.getElementById("notice");
    notice.hidden = freshness.milestones > 0;
    notice.textContent =
        `No milestones in the ${environment} environment yet ` +
        `(${counted(freshness.deliveries, "delivery", "deliveries")} so far). ` +
        (freshness.quarantined ? "See `sighten-warehouse quarantine list`." : WHAT_TO_DO);
    document.getElementById("foot").textContent =
        `Version ${freshness.version}, ${counted(freshness.batches, "batch", "batches")}, ` +
        `code ${freshness.code_version}. ${pii === "full" ? "Names are shown" : "Names are masked"} (SIGHTEN_PII=${pii}).`;
}

/** The remembered theme; a file opened from disk may have no storage. */
function rememberedTheme() {
    try {
        return localStorage.getItem("sighten-theme") ?? "auto";
    } catch {
        return "auto";
    }
}

function rememberTheme(theme) {
    try {
        localStorage.setItem("sighten-theme", theme);
    } catch {
        themeChoice.title = "This browser does not remember the theme.";
    }
}

function applyTheme(theme) {
    document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
}

/** Close all open explanations, except one that contains the target. */
function closeAbouts(target) {
    for (const about of document.querySelectorAll(".about[open]")) {
        if (!about.contains(target)) about.open = false;
    }
}

themeChoice.value = rememberedTheme();
applyTheme(themeChoice.value);
themeChoice.addEventListener("change", () => {
    rememberTheme(themeChoice.value);
    applyTheme(themeChoice.value);
    redraw();
});
dark.addEventListener("change", () => {
    applyTheme(themeChoice.value);
    redraw();
});
form.addEventListener("change", ({ target }) => {
    location.hash = address(readForm(target.name), null);
});
form.addEventListener("reset", (event) => {
    event.preventDefault();
    location.hash = address({ ...noFilters(), environment: readAddress().filters.environment }, null, NO_SEARCH);
});
document.getElementById("copy-link").addEventListener("click", copyAddress);
form.addEventListener("submit", (event) => event.preventDefault());
opened.addEventListener("close", () => {
    const { filters, milestone } = readAddress();
    if (milestone) location.hash = address(filters, null);
});
opened.addEventListener("click", ({ target }) => target === opened && opened.close());
document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the URL's fragment holds the filters
    document.getElementById("content").focus();
});
addEventListener("click", ({ target }) => closeAbouts(target));
addEventListener("keydown", ({ key }) => key === "Escape" && closeAbouts(null));
addEventListener("hashchange", show);
takeAddressOfFrame();
show();
document.documentElement.dataset.shown = String(Math.round(performance.now()));
