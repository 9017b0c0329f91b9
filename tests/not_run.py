"""A pytest plugin (`-p tests.not_run`) that says aloud what was skipped.

Every reason goes, with its number of tests, into the file that NOT_RUN names; with REQUIRE_ALL a skipped test fails
the run.
"""

import os
from collections import Counter
from pathlib import Path

import pytest


def skipped(session: pytest.Session) -> Counter[str]:
    """The number of skipped tests by reason."""
    reports = session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    return Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not (reasons := skipped(session)):
        return
    if file := os.environ.get("NOT_RUN"):
        with Path(file).open("a") as lines:
            lines.writelines(f"NOT RUN: {reason} (tests: {number})\n" for reason, number in reasons.items())
    if os.environ.get("REQUIRE_ALL") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("REQUIRE_ALL") and (number := len(terminalreporter.stats.get("skipped", []))):
        terminalreporter.write_line(f"REQUIRE_ALL is set and {number} tests were skipped: that is a failure.", red=True)
