"""Options of the locustfile besides Locust's own. Nothing here needs Locust."""

from __future__ import annotations

import secrets
import socket
import sys
from math import inf
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract import REFERENCE
from loadtests.http_client import GRACE
from loadtests.run.result import LAG_LIMIT
from sim.core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add_options", "add_worker_options", "refusals", "seed_of", "wrong_numbers"]

_PORTS: Final = ("--master-port", "--master-host", "--master-bind-port", "--master-bind-host", "--worker")


REFUSED: Final = {
    "--users": "customers come as the scenario says, each request when it is due; give --speed or change the scenario",
    "--spawn-rate": "customers come as the scenario says, each request when it is due; give --speed",
    "--config-users": "the customers are the scenario's; change the scenario",
    "--class-picker": "there is one user class, which sends all customers; leave it out",
    "--equal-weights": "there is one user class, which sends all customers; leave it out",
    "--enable-rebalancing": "no other worker can send a lost worker's part, and the run is invalid; leave it out",
    "--web-login": "this locustfile has no login page; give --web-host 127.0.0.1, or use a proxy that asks",
}
"""Options of Locust that mean nothing here, and what to do. All others work as Locust says."""

_POSITIVE: Final = {"speed": 60, "grace": 30, "give_up": 30}
"""Examples of numbers above 0."""
_LARGEST_SEED: Final = 0xFFFF_FFFF
_DIGITS, _NO_SEED = len(str(_LARGEST_SEED)), -1

_ATTRIBUTES: Final = {"--users": "num_users"}


def refusals(options: Any) -> list[Problem]:
    """Return a problem for each of Locust's options that is set and means nothing here."""
    return [
        Problem(name, "", sentence)
        for name, sentence in REFUSED.items()
        if getattr(options, _ATTRIBUTES.get(name, name[2:].replace("-", "_")), None)
    ]


def wrong_numbers(options: Any) -> list[Problem]:
    """Return a problem for each number of a run that is none: the web page sends any, also after the start."""
    problems = [
        Problem(f"--{name.replace('_', '-')}", "", f"{value:g} is not above 0, or has no end; give e.g. {example:g}")
        for name, example in _POSITIVE.items()
        if not 0 < (value := getattr(options, name)) < inf
    ]
    if not 0 <= options.lag_limit < inf:
        message = f"{options.lag_limit:g} is below 0, or has no end; give e.g. {LAG_LIMIT:g}"
        problems.append(Problem("--lag-limit", "", message))
    if options.max_requests < 0:
        problems.append(Problem("--max-requests", "", f"{options.max_requests} is below 0; give 0 for all"))
    if seed_of(options) == _NO_SEED:
        message = f'"{options.seed}" is not a whole number from 0 to {_LARGEST_SEED}'
        problems.append(Problem("--seed", "", message))
    return problems


def seed_of(options: Any) -> int | None:
    """Return the value of ``--seed``, which comes as text from the web page; None without one, -1 if it is none."""
    text = "" if options.seed is None else str(options.seed).strip()
    if not text:
        return None
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= _LARGEST_SEED
        else _NO_SEED
    )


def add_options(parser: Any, **_: object) -> None:
    """Add the options of a run to Locust's own."""
    parser.add_argument("--scenario", default="", help="scenario.yaml whose customers are sent")
    parser.add_argument("--trace", default="", help="a saved trace, instead of --scenario", include_in_web_ui=False)
    parser.add_argument("--contract", default=str(REFERENCE), help="YAML file with the endpoint's requests")
    parser.add_argument("--speed", type=float, default=60.0, help="simulated seconds per second")
    parser.add_argument("--seed", type=int, help="of the customers; else the scenario's")
    parser.add_argument(
        "--allow-code", action="store_true", help="import the Python that the scenario names", include_in_web_ui=False
    )
    parser.add_argument("--max-requests", type=int, default=0, help="send at most this many; 0 = all")
    parser.add_argument(
        "--connections",
        type=int,
        default=0,
        help="at most, per worker; 0 = as many as the system allows",
        include_in_web_ui=False,
    )
    parser.add_argument("--lag-limit", type=float, default=LAG_LIMIT, help="p99 of the lag, seconds; later is invalid")
    parser.add_argument("--grace", type=float, default=GRACE, help="seconds from the last request's due to the end")
    parser.add_argument(
        "--give-up", type=float, default=GRACE, help="end when the endpoint has given no answer for so many seconds"
    )
    parser.add_argument(
        "--out", default="results/locust", help="folder of the result, with --scenario", include_in_web_ui=False
    )
    parser.add_argument(
        "--no-verify", action="store_true", help="do not read the endpoint back afterwards", include_in_web_ui=False
    )
    parser.add_argument("--ledger", default="results/ledger", help="folder of ledgers", include_in_web_ui=False)
    parser.add_argument("--run", dest="run_token", default="", help="the run's token", include_in_web_ui=False)
    parser.add_argument(
        "--no-setup", action="store_true", help="queues and agents exist already", include_in_web_ui=False
    )
    parser.add_argument(
        "--through", default="", help="host:port of a TCP proxy before the endpoint", include_in_web_ui=False
    )
    add_worker_options(parser)
    parser.add_argument("--quit-with", type=int, default=0, help="stop when this process ends", include_in_web_ui=False)


def add_worker_options(parser: Any, words: Sequence[str] | None = None) -> None:
    """Add the token of workers to Locust's options, and choose a free port for those that this program starts.

    Parameters
    ----------
    parser
        Locust's.
    words
        The command line; by default that of this process.
    """
    words = sys.argv[1:] if words is None else words
    names = {word.partition("=")[0] for word in words}
    own = "--processes" in names and not names & set(_PORTS)
    parser.add_argument(
        "--worker-token",
        default=secrets.token_hex(16) if own else "",
        env_var="SOJOURN_WORKER_TOKEN",
        is_secret=True,
        include_in_web_ui=False,
        help="the same for a master and its workers; others are sent away. Drawn with --processes",
    )
    if own:
        port = _free_port()
        parser.set_defaults(
            master_port=port, master_bind_port=port, master_host="127.0.0.1", master_bind_host="127.0.0.1"
        )


def _free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
