"""What one home costs by its size and by what is new, from the figures that `make bench` measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.runs import Run

MANY = 1_000  # new deliveries, of which `make bench` measures a publish beside one with one


@dataclass(frozen=True)
class Costs:
    """CPU in seconds, bytes, and rates; between the measured sizes of a home a straight line, beyond them the last one.

    Args:
        load_fixed: of a load, whatever it takes in.
        load_each: of each delivery in it.
        publish_one: deliveries in the home → of a publish with one new delivery.
        publish_many: the same with 1,000.
        publish_all: the same, all made anew.
        copy: the same, wall time of copying and syncing the file.
        file_bytes: the same, size of the file.
        payload_bytes: of a body.
        receiver_rate: deliveries a second that a receiver acknowledges.
    """

    load_fixed: float
    load_each: float
    publish_one: Mapping[int, float]
    publish_many: Mapping[int, float]
    publish_all: Mapping[int, float]
    copy: Mapping[int, float]
    file_bytes: Mapping[int, float]
    payload_bytes: float
    receiver_rate: float

    def load(self, new: int) -> float:
        """CPU of loading that many deliveries."""
        return self.load_fixed + self.load_each * new

    def publish(self, new: int, home: float) -> float:
        """CPU of publishing them, without the copy: no more than making all anew."""
        one, many = line(self.publish_one, home), line(self.publish_many, home)
        return min(one + (many - one) / (MANY - 1) * (new - 1), line(self.publish_all, home))


def measured(run: Run) -> Costs:
    """The costs that the run measured.

    Raises:
        KeyError: it left a figure out.
    """
    by_key: dict[str, dict[int, float]] = {}
    for figure in run.figures:
        if figure.value is not None:
            by_key.setdefault(figure.key, {})[figure.size or 0] = figure.value
    return Costs(
        load_fixed=max(by_key["load_1"].values()),
        load_each=by_key["load_ms"][0] / 1e3,
        publish_one=by_key["publish_1_cpu"],
        publish_many=by_key["publish_1000_cpu"],
        publish_all=by_key["full_cpu"],
        copy=by_key["copy_wall"],
        file_bytes={size: megabytes * 1e6 for size, megabytes in by_key["file_mb"].items()},
        payload_bytes=by_key["payload_kb"][0] * 1e3,
        receiver_rate=by_key["receiver_rate"][0],
    )


def line(points: Mapping[int, float], at: float) -> float:
    """The value on the straight line between the two nearest points, or through the last two or the first two."""
    places: Sequence[int] = sorted(points)
    if len(places) == 1:
        return points[places[0]]
    low, high = next((pair for pair in pairwise(places) if at <= pair[1]), (places[-2], places[-1]))
    return points[low] + (points[high] - points[low]) * (at - low) / (high - low)
