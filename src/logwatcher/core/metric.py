"""Figures about logwatcher itself, and the text in which Prometheus reads them."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Literal, NamedTuple

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for how long a database takes."""

Type = Literal["counter", "gauge", "histogram", "summary"]
_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Sample(NamedTuple):
    """One figure.

    Attributes:
        value: seconds, bytes or how many.
        labels: what it is of.
        suffix: of the metric's name, as histograms have them.
    """

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Metric(NamedTuple):
    """A name with its samples; a counter's ends in ``_total``."""

    name: str
    type: Type
    help: str
    samples: list[Sample]


Figures = Sequence[Metric]
"""Of one process."""


def metric(name: str, type_: Type, help_: str, value: float) -> Metric:
    """One without labels."""
    return Metric(name, type_, help_, [Sample(value)])


def by(label: str, name: str, type_: Type, help_: str, values: Mapping[str, float]) -> Metric:
    """One with a sample for each value of a label."""
    return Metric(name, type_, help_, [Sample(of, {label: key}) for key, of in values.items()])


class Histogram:
    """Counts values by bounds that each of them is at most; and their sum."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        """``bounds`` ascend."""
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count it."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def samples(self) -> list[Sample]:
        """Each bucket with those below it, as Prometheus has them."""
        samples, count = [], 0
        for bound, new in zip((*self._bounds, float("inf")), self._counts, strict=True):
            count += new
            samples.append(Sample(count, {"le": _number(bound)}, "_bucket"))
        return [*samples, Sample(self._sum, suffix="_sum"), Sample(count, suffix="_count")]


def merge(label: str, figures: Mapping[str, Figures]) -> list[Metric]:
    """Those of several as one, each sample with the label that says whose it is."""
    merged: dict[str, Metric] = {}
    for whose, metrics in figures.items():
        for name, type_, help_, samples in metrics:
            into = merged.setdefault(name, Metric(name, type_, help_, []))
            into.samples.extend(of._replace(labels={label: whose, **of.labels}) for of in samples)
    return list(merged.values())


def render(metrics: Iterable[Metric]) -> str:
    """Prometheus' text format, version 0.0.4.

    See https://prometheus.io/docs/instrumenting/exposition_formats/.
    """
    lines = []
    for name, type_, help_, samples in metrics:
        lines += [f"# HELP {name} {help_.translate(_HELP)}", f"# TYPE {name} {type_}"]
        lines += [_line(name, sample) for sample in samples]
    return "".join(f"{line}\n" for line in lines)


def _line(name: str, sample: Sample) -> str:
    pairs = sample.labels.items()
    inside = ",".join(f'{key}="{value.translate(_LABEL)}"' for key, value in pairs)
    braced = f"{{{inside}}}" if inside else ""
    return f"{name}{sample.suffix}{braced} {_number(sample.value)}"


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value + 0)  # of True 1
