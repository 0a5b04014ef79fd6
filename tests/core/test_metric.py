"""The text is what Prometheus' own parser reads it as, whatever a label holds."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from logwatcher.core.metric import Histogram, Metric, Sample, by, merge, metric, render

Read = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Read:
    """Each sample's value by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@given(st.dictionaries(st.text(), st.floats(allow_nan=False)), st.text(alphabet="a\\\n\"'#{}= "))
def test_a_parser_reads_what_was_written(values: dict[str, float], help_: str) -> None:
    figures = [by("source", "x_total", "gauge", help_, values)]
    text = render(merge("worker", {"1": figures}))
    expected: Read = {
        ("x_total", (("source", source), ("worker", "1"))): value
        for source, value in values.items()
    }
    assert read(text) == expected
    (family,) = text_string_to_metric_families(text)
    assert family.documentation == help_.strip(" ") or not help_.strip(" ")


def test_a_number_is_written_as_prometheus_writes_it() -> None:
    values = (math.nan, math.inf, -math.inf, True, 3, 0.1)
    lines = [render([metric("x", "gauge", "", value)]).splitlines()[-1] for value in values]
    assert lines == ["x NaN", "x +Inf", "x -Inf", "x 1", "x 3", "x 0.1"]


def test_a_metric_says_its_type_and_has_each_of_its_samples() -> None:
    text = render([Metric("x", "counter", "Xs.", [Sample(1, {"a": "b"}), Sample(2)])])
    assert text == '# HELP x Xs.\n# TYPE x counter\nx{a="b"} 1\nx 2\n'


def test_a_histogram_counts_what_is_at_most_its_bound() -> None:
    histogram = Histogram((0.5, 1.0))
    for value in (0.25, 0.5, 0.75, 1.25):
        histogram.observe(value)
    read_ = read(render([Metric("x", "histogram", "", histogram.samples())]))
    assert read_ == {
        ("x_bucket", (("le", "0.5"),)): 2,
        ("x_bucket", (("le", "1.0"),)): 3,
        ("x_bucket", (("le", "+Inf"),)): 4,
        ("x_sum", ()): 2.75,
        ("x_count", ()): 4,
    }


def test_a_histogram_of_nothing_is_whole() -> None:
    (*_, total, count) = Histogram().samples()
    assert (total.value, count.value) == (0, 0)


def test_figures_of_several_are_one_metric_each() -> None:
    first = [metric("x", "gauge", "Xs.", 1), metric("y", "gauge", "Ys.", 2)]
    second = [by("source", "x", "gauge", "Xs.", {"shop": 3})]
    merged = merge("worker", {"1": first, "2": second})
    assert [(of.name, of.help) for of in merged] == [("x", "Xs."), ("y", "Ys.")]
    assert read(render(merged)) == {
        ("x", (("worker", "1"),)): 1,
        ("x", (("source", "shop"), ("worker", "2"))): 3,
        ("y", (("worker", "1"),)): 2,
    }
    assert len(first[0].samples) == 1
