// Shared by all charts: theme colours, axes, tooltips, drawing.
const LETTER_WIDTH = 7.4; // in pixels, about the widest letter at label size
const PAPER_RATIO = 3; // canvas pixels to one of the page: sharp at 300 dots an inch
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The colours of the current theme, by their names in the style sheet. */
function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ["ink", "muted", "line", "card", "blue", "orange", "green", "red", "purple", "sky", "grey"];
    return Object.fromEntries(names.map((name) => [name, read(name)]));
}

function textStyle(theme, size = 12) {
    return { color: theme.muted, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size };
}

/** What every chart's options begin with; `explain(place)` returns the tooltip's [name, value] pairs. */
function base(theme, title, explain) {
    return {
        animation: !calm.matches && !isPrinted,
        animationDuration: 250,
        animationDurationUpdate: 250,
        textStyle: textStyle(theme),
        tooltip: {
            trigger: "axis",
            confine: true,
            backgroundColor: theme.card,
            borderColor: theme.line,
            padding: 0,
            axisPointer: { type: "shadow", shadowStyle: { color: theme.grey, opacity: 0.12 } },
            formatter: (points) => tip(title(points[0].dataIndex), explain(points[0].dataIndex)),
        },
    };
}

function tip(title, pairs) {
    return element(
        "div",
        { class: "tip" },
        element("strong", {}, title),
        element(
            "dl",
            {},
            pairs.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
        ),
    );
}

function legend(theme, names) {
    return {
        data: names,
        left: 0,
        top: 0,
        icon: "roundRect",
        itemWidth: 12,
        itemHeight: 12,
        itemGap: 16,
        textStyle: textStyle(theme),
    };
}

/** A category axis; a null label marks a gap in time. */
function names(theme, labels, more = {}) {
    return {
        type: "category",
        data: labels.map((label) => label ?? "⋯"),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: theme.line } },
        axisLabel: { ...textStyle(theme, 11), hideOverlap: true },
        ...more,
    };
}

function amounts(theme, more = {}) {
    return {
        type: "value",
        minInterval: 1,
        splitNumber: 4,
        splitLine: { lineStyle: { color: theme.line } },
        axisLabel: { ...textStyle(theme, 11), formatter: (value) => count(value) },
        ...more,
    };
}

/** An axis of times in minutes, with ticks at whole days, hours or minutes. */
function times(theme, most, more = {}) {
    const units = [
        ["d", 1440],
        ["h", 60],
        ["min", 1],
    ];
    const [unit, size] = units.find(([, minutes]) => most >= 2 * minutes) ?? units[2];
    const interval = roundStep(most / size / 4) * size;
    return amounts(theme, {
        minInterval: undefined,
        interval,
        max: Math.ceil(most / interval) * interval,
        axisLabel: { ...textStyle(theme, 11), formatter: (value) => `${count(value / size)} ${unit}` },
        ...more,
    });
}

function roundStep(step) {
    const size = 10 ** Math.floor(Math.log10(Math.max(step, 1)));
    return [1, 2, 5, 10].find((times) => times * size >= step) * size;
}

/** Horizontal bars, first on top, labels on the left. */
function barsAcross(theme, labels, series) {
    const isInColumns = innerWidth > 700; // as in narrow.css
    const width = Math.min(230, (isInColumns ? pageWidth() / 2 : pageWidth()) * 0.36);
    return {
        grid: { left: 4, right: 64, top: series.length > 1 ? 32 : 4, bottom: 4, containLabel: true },
        xAxis: amounts(theme, { axisLabel: { show: false }, splitLine: { show: false } }),
        yAxis: names(theme, labels, {
            inverse: true,
            axisLine: { show: false },
            axisLabel: {
                ...textStyle(theme),
                width,
                overflow: "truncate",
                formatter: (label) => short(label, Math.floor(width / LETTER_WIDTH)),
            },
        }),
        series: series.map((one) => ({ type: "bar", barMaxWidth: 22, ...one })),
    };
}

/** Stacked horizontal bars with their totals; parts are [name, colour, amounts]. */
function stackedAcross(theme, labels, parts) {
    const total = (place) => parts.reduce((sum, [, , amountsOfPart]) => sum + amountsOfPart[place], 0);
    const label = { show: true, position: "right", color: theme.ink };
    const series = parts.map(([name, color, data]) => ({ name, stack: "all", itemStyle: { color }, data }));
    series.at(-1).label = { ...label, formatter: ({ dataIndex }) => count(total(dataIndex)) };
    return {
        legend: legend(
            theme,
            parts.map(([name]) => name),
        ),
        ...barsAcross(theme, labels, series),
    };
}

/** One chart: draws options, follows the width of its place, disappears when cleared. */
class Drawing {
    #place;
    #chart = null;
    #isForPaper = false;

    constructor(place) {
        this.#place = place;
        new ResizeObserver(() => this.#chart?.resize()).observe(place);
    }

    draw(option, height) {
        this.#place.style.height = `${height}px`;
        if (this.#isForPaper !== isPrinted) this.#chart = this.#chart?.dispose();
        this.#isForPaper = isPrinted;
        const { clientWidth, clientHeight } = this.#place;
        if (!this.#chart) this.#chart = echarts.init(this.#place, null, isPrinted ? { devicePixelRatio: PAPER_RATIO } : {});
        else if (this.#chart.getWidth() !== clientWidth || this.#chart.getHeight() !== clientHeight) this.#chart.resize();
        this.#chart.setOption(option, { notMerge: true });
    }

    clear() {
        this.#chart?.dispose();
        this.#chart = null;
        this.#place.style.height = "0";
    }
}
