// Percentiles that include what is still open (censored), as ops.approval_times does.

/**
 * The Kaplan–Meier quantile: the time within which that share was closed, between the two nearest times; null while too
 * many are open to reach it. Both lists are sorted; an open one counts with its time so far.
 */
function closedWithin(closed, open, share) {
    const total = closed.length + open.length;
    const place = share * (total - 1);
    const fraction = place - Math.floor(place);
    let remaining = 1;
    let openBefore = 0;
    let lower = null;
    for (let first = 0; first < closed.length;) {
        const value = closed[first];
        let next = first;
        while (next < closed.length && closed[next] === value) next += 1;
        while (openBefore < open.length && open[openBefore] < value) openBefore += 1;
        const atRisk = closed.length - first + open.length - openBefore;
        remaining *= 1 - (next - first) / atRisk;
        if (lower === null && remaining < 1 - Math.floor(place) / total - 1e-9) lower = value;
        if (lower !== null && fraction < 1e-9) return lower;
        if (remaining < 1 - (Math.floor(place) + 1) / total - 1e-9) return lower + fraction * (value - lower);
        first = next;
    }
    return null;
}

/** The median of a sorted list; null if it is empty. */
function median(sorted) {
    if (!sorted.length) return null;
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Collects values from many small lists; copies them once, when sorted. */
class Values {
    #lists = [];

    add(list) {
        if (list && list.length) this.#lists.push(list);
    }

    get length() {
        return this.#lists.reduce((total, list) => total + list.length, 0);
    }

    sorted() {
        const all = new Float64Array(this.length);
        let at = 0;
        for (const list of this.#lists) {
            all.set(list, at);
            at += list.length;
        }
        return all.sort();
    }
}
