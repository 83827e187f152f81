// The view lives in the URL's fragment, so it can be shared as a link: filters, the search of the list, the open milestone.
const NO_SEARCH = { text: "", state: "", sort: "waiting" };

/** The filters and milestone in the URL's fragment; values that do not fit the data are dropped. */
function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const filters = noFilters();
    if (environments.has(given.get("environment"))) filters.environment = given.get("environment");
    const data = environments.get(filters.environment);
    const numberOf = (list, id) => list.find((one) => id !== null && one.id === id)?.number ?? null;
    filters.definition = numberOf(data.definitions, given.get("definition"));
    filters.organization = numberOf(data.organizations, given.get("organization"));
    filters.first = dayOf(given.get("from"));
    filters.last = dayOf(given.get("to"));
    return { filters, milestone: given.get("milestone") };
}

/** The search of the list in the URL's fragment. */
function readSearch() {
    const given = new URLSearchParams(location.hash.slice(1));
    const one = (name, pairs) => (pairs.some(([value]) => value === given.get(name)) ? given.get(name) : NO_SEARCH[name]);
    return { text: given.get("text") ?? "", state: one("state", STATES), sort: one("sort", SORTS) };
}

/** The URL fragment for those filters, that open milestone, and that search: the one shown now if none is given. */
function address(filters, milestone, search = readSearch()) {
    const data = environments.get(filters.environment);
    const fragment = new URLSearchParams();
    if (filters.environment !== parsed.shown) fragment.set("environment", filters.environment);
    if (filters.definition !== null) fragment.set("definition", data.definitions[filters.definition].id);
    if (filters.organization !== null) fragment.set("organization", data.organizations[filters.organization].id);
    if (filters.first !== null) fragment.set("from", isoDay(filters.first));
    if (filters.last !== null) fragment.set("to", isoDay(filters.last));
    for (const [name, nothing] of Object.entries(NO_SEARCH)) {
        if (search[name] !== nothing) fragment.set(name, search[name]);
    }
    if (milestone) fragment.set("milestone", milestone);
    return `#${fragment}`;
}

/** Put that fragment into the URL without an entry in the browser's history. */
function replaceAddress(fragment) {
    history.replaceState(history.state, "", fragment);
    copyAddressToFrame();
}

/** The page that frames this one, if its address can be read: Airflow's. */
function frame() {
    try {
        return parent !== window && parent.location.pathname ? parent : null;
    } catch {
        return null; // of another origin
    }
}

/** The address to share. In Airflow that is Airflow's, which keeps the fragment of this page too. */
function sharedAddress() {
    return (frame() ?? window).location.href;
}

/** Begin with the fragment of the framing page, unless this one has its own. */
function takeAddressOfFrame() {
    const around = frame();
    if (around && !location.hash && around.location.hash) history.replaceState(null, "", around.location.hash);
}

function copyAddressToFrame() {
    const around = frame();
    if (!around || around.location.hash === location.hash) return;
    const { pathname, search } = around.location;
    around.history.replaceState(around.history.state, "", `${pathname}${search}${location.hash}`);
}

/** Copy the address, and say on the button whether that worked. */
async function copyAddress({ target }) {
    const isCopied = await copyText(sharedAddress());
    target.textContent = isCopied ? "Link copied" : "Copy the address bar";
    setTimeout(() => (target.textContent = "Copy link"), 2000);
}

async function copyText(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Browsers have no clipboard where a page comes by plain HTTP, so copy as from a field.
        const field = element("input", { value: text, readonly: true, class: "unseen" });
        document.body.append(field);
        field.select();
        const isCopied = document.execCommand("copy");
        field.remove();
        return isCopied;
    }
}
