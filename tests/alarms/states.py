"""The template's alarms, and their states by values or by what handlers published."""

from tests.alarms.cloudwatch import Metrics, read_by
from tests.template.conftest import resolve

ALARMS = {name: each["Properties"] for name, each in resolve().items() if each["Type"] == "AWS::CloudWatch::Alarm"}


def put_values(metrics, alarm, values, back=0):
    """Publish a value of each metric that the alarm reads, in the period that ended `back` periods ago."""
    for name, metric, period in read_by(alarm):
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        if values.get(name) is not None:
            metrics.put(metric["Namespace"], metric["MetricName"], dimensions, values[name], back * period + 1)


def state_of(name, *periods):
    """An alarm's state by the values of its metrics, the newest period first."""
    metrics = Metrics()
    for back, values in enumerate(periods):
        put_values(metrics, ALARMS[name], values if isinstance(values, dict) else {"value": values}, back)
    return metrics.state(ALARMS[name])


def state_by_runs(name, *runs):
    """An alarm's state by what handlers published, a run in each of its periods, the newest first."""
    alarm, metrics = ALARMS[name], Metrics()
    ((_, _, period), *_) = read_by(alarm)
    for back, run in enumerate(runs):
        for (namespace, metric), (dimensions, value) in run.items():
            metrics.put(namespace, metric, dimensions, value, back * period + 1)
    return metrics.state(alarm)
