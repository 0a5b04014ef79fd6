"""Looks up whether anything in the locks has a known vulnerability: ``make audit``.

Exit code 0: all was looked up, and nothing has one. 1: something has. 3: something could not be
looked up, so nothing is known of it; the tools asked here would pass over that in silence.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.txt"
"""Has what run.txt and build.txt have, too."""
PIP_AUDIT = ROOT / ".audit-venv" / "bin" / "pip-audit"
TIMEOUT_S = 300
SHOWN = 5
"""Of what could not be looked up; more have the same reason."""

JSON = dict[str, Any]  # Any: JSON


class Answer(NamedTuple):
    """What was learned, a line each.

    Attributes:
        found: a package, its version and what is known of it.
        unknown: what could not be looked up, and why.
    """

    found: list[str]
    unknown: list[str]


def read_pip_audit(report: JSON) -> Answer:
    """What pip-audit says: it counts a package that it could not look up as a sound one."""
    packages = report["dependencies"]
    return Answer(
        [
            f"{of['name']} {of['version']}: {hole['id']}, mended in {_versions(hole)}"
            for of in packages
            for hole in of.get("vulns", ())
        ],
        [f"{of['name']}: {of['skip_reason']}" for of in packages if "skip_reason" in of],
    )


def _versions(hole: JSON) -> str:
    return ", ".join(hole["fix_versions"]) or "no version yet"


def read_npm_audit(report: JSON) -> Answer:
    """What ``npm audit --json`` says, which is another thing when it reached nobody."""
    if "vulnerabilities" not in report:
        return Answer([], [f"npm's packages: {report.get('message') or 'npm says nothing'}"])
    return Answer(
        [
            f"{name} {hole['range']}: {hole['severity']}, {_reasons(hole)}"
            for name, hole in sorted(report["vulnerabilities"].items())
        ],
        [],
    )


def _reasons(hole: JSON) -> str:
    """Advisories, or the names of packages through which it has one."""
    return "; ".join(via if isinstance(via, str) else via["url"] for via in hole["via"])


def ask_pip_audit() -> Answer:
    """Of all Python packages."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--disable-pip", "--require-hashes", "--format=json", f"--output={report}"]
        ended = _run([str(PIP_AUDIT), *options, f"--requirement={LOCK}"], ROOT)
        if not report.exists():
            return Answer([], [f"Python's packages: {_last_line(ended.stderr)}"])
        return read_pip_audit(json.loads(report.read_text()))


def ask_npm_audit() -> Answer:
    """Of all npm packages."""
    ended = _run([sys.executable, str(ROOT / "frontend" / "build.py"), "audit"], ROOT)
    try:
        return read_npm_audit(json.loads(ended.stdout))
    except ValueError:
        return Answer([], [f"npm's packages: {_last_line(ended.stderr)}"])


def _run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, capture_output=True, check=False, cwd=folder, text=True, timeout=TIMEOUT_S
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1]


def main() -> int:
    """Ask both, and say what came out; returns the exit code."""
    answers = [ask_pip_audit(), ask_npm_audit()]
    found = [line for answer in answers for line in answer.found]
    unknown = [line for answer in answers for line in answer.unknown]
    for line in found:
        print(f"vulnerable: {line}")
    for line in unknown[:SHOWN]:
        print(f"not looked up: {line}")
    if len(unknown) > SHOWN:
        print(f"not looked up: {len(unknown) - SHOWN} more")
    if not found and not unknown:
        print("audit: nothing is known against any package in the locks")
    return 1 if found else 3 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
