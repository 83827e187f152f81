// Elements built from text, never from markup, so data is never read as HTML.

/** An element with attributes and children; strings become text nodes, null and false are skipped. */
function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
        else if (value === true) made.setAttribute(name, "");
        else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
}

/** A table; columns are {title, number, short}, cells are texts or elements. */
function table(caption, columns, rows) {
    return element(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        element(
            "table",
            {},
            element("caption", { class: "unseen" }, caption),
            element(
                "thead",
                {},
                element(
                    "tr",
                    {},
                    columns.map((one) => element("th", { scope: "col", class: cellClass(one) }, one.title)),
                ),
            ),
            element(
                "tbody",
                {},
                rows.map((row) =>
                    element(
                        "tr",
                        {},
                        row.map((cell, place) => {
                            const attributes = { class: cellClass(columns[place]), "data-title": columns[place].title };
                            return place
                                ? element("td", attributes, cell ?? NOTHING)
                                : element("th", { scope: "row", ...attributes }, cell ?? NOTHING);
                        }),
                    ),
                ),
            ),
        ),
    );
}

function cellClass({ number, short }) {
    return number ? "number" : short ? "short" : null;
}

/** A symbol and a word for a state, so that the colour is never the only sign. */
function stateMark(state) {
    const symbols = { approved: "✓", rejected: "✕", pending: "…", cancelled: "–", not_submitted: "○" };
    const name = words(state ?? "unknown");
    return element(
        "span",
        { class: `state state-${state}` },
        element("span", { "aria-hidden": "true" }, symbols[state] ?? "?"),
        ` ${name}`,
    );
}

/** A path or a value that may wrap after each dot and underscore. */
function breakable(path) {
    return element(
        "span",
        {},
        (path ?? NOTHING).split(/(?<=[._])/).flatMap((part) => [part, element("wbr")]),
    );
}

/** A control with its label above. */
function labelled(name, control) {
    control.id ||= `control-${control.name}`;
    return element("div", {}, element("label", { for: control.id }, name), control);
}
