"""An audit tells apart: something is known, nothing is known, nobody could be asked."""

from typing import Any

import pytest

from requirements import audit
from requirements.audit import Answer, read_npm_audit, read_pip_audit

NOTHING = Answer([], [])
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.20"], "aliases": [], "description": ""}
SOUND = {"name": "h11", "version": "0.16.0", "vulns": []}
VIA = {"source": 1, "title": "ReDoS", "url": "https://github.com/advisories/GHSA-1"}


def test_a_python_package_with_a_hole_is_named_with_what_mends_it() -> None:
    django = {"name": "django", "version": "5.2.19", "vulns": [HOLE, HOLE | {"fix_versions": []}]}
    assert read_pip_audit({"dependencies": [SOUND, django], "fixes": []}) == Answer(
        [
            "django 5.2.19: PYSEC-2026-1, mended in 5.2.20",
            "django 5.2.19: PYSEC-2026-1, mended in no version yet",
        ],
        [],
    )


def test_a_python_package_that_was_passed_over_is_not_sound() -> None:
    skipped = {"name": "numpy", "skip_reason": "Dependency not found on PyPI"}
    answer = read_pip_audit({"dependencies": [SOUND, skipped]})
    assert answer == Answer([], ["numpy: Dependency not found on PyPI"])
    assert read_pip_audit({"dependencies": [SOUND]}) == NOTHING


def test_an_npm_package_with_a_hole_is_named_with_its_advisory() -> None:
    report = {
        "auditReportVersion": 2,
        "vulnerabilities": {
            "htmx.org": {"range": "<4.0.1", "severity": "high", "via": [VIA]},
            "a": {"range": "*", "severity": "low", "via": ["htmx.org"]},
        },
    }
    assert read_npm_audit(report).found == [
        "a *: low, htmx.org",
        "htmx.org <4.0.1: high, https://github.com/advisories/GHSA-1",
    ]
    assert read_npm_audit({"auditReportVersion": 2, "vulnerabilities": {}}) == NOTHING


@pytest.mark.parametrize("report", [{"message": "405 Method Not Allowed"}, {}])
def test_an_npm_that_reached_nobody_knows_nothing(report: dict[str, Any]) -> None:  # Any: JSON
    (line,) = read_npm_audit(report).unknown
    assert line.startswith(f"npm's packages: {report.get('message', '')}")


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ([NOTHING, NOTHING], 0, "nothing is known against any"),
        ([NOTHING, Answer([], ["numpy: gone"])], 3, "not looked up: numpy: gone\n"),
        ([Answer(["a 1: x"], []), Answer([], ["b"])], 1, "vulnerable: a 1: x\nnot looked up: b\n"),
    ],
)
def test_its_exit_code_says_which(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[Answer],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(audit, "ask_pip_audit", lambda: answers[0])
    monkeypatch.setattr(audit, "ask_npm_audit", lambda: answers[1])
    assert audit.main() == code
    assert said in capsys.readouterr().out
