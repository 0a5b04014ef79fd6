"""``logwatcher traffic``."""

import argparse

from logwatcher.cli import database
from logwatcher.cli.option import Commands
from logwatcher.cli.problem import UsageError


def add(commands: Commands) -> None:
    """``logwatcher traffic``."""
    command = commands.add_parser("traffic", help="start, stop or change the mock traffic")
    state = command.add_mutually_exclusive_group()
    state.add_argument("--start", action="store_true", help="start it")
    state.add_argument("--stop", action="store_true", help="stop it")
    add_options(command)
    command.set_defaults(command=_traffic)


def add_options(command: argparse.ArgumentParser) -> None:
    """What the mock traffic is like."""
    command.add_argument("--rate", type=float, help="requests per second, 0.1 to 5000")
    command.add_argument("--scenario", help="what goes wrong in it, e.g. checkout-errors")
    command.add_argument("--seed", type=int, help="the same seed makes the same requests")


def change(options: argparse.Namespace) -> None:
    """Do what the options say. Raises UsageError."""
    from logwatcher.store import traffic
    from logwatcher.web.page import TrafficForm

    fields = {"rate": options.rate, "scenario": options.scenario, "seed": options.seed}
    if options.start:
        fields["running"] = "on"
    if getattr(options, "stop", False):
        fields["running"] = "off"
    form = TrafficForm({name: value for name, value in fields.items() if value is not None})
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise UsageError(f"--{name}: {errors[0]}")
    if changes := form.changes():
        traffic.change(**changes)


def _traffic(options: argparse.Namespace) -> int:
    database.set_up()
    database.check()
    change(options)
    from logwatcher.store import traffic

    wanted = traffic.wanted()
    state = "running" if wanted.is_running else "stopped"
    print(f"{state}, {wanted.rate:g} requests/s, scenario {wanted.scenario}, seed {wanted.seed}")
    return 0
