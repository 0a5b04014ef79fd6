"""Programs that no package registry has: where there is none a test skips, but not in CI."""

import os
import shutil
from typing import NoReturn

import pytest


def find_program(name: str, package: str) -> str:
    """Its path, or the test ends here; ``package`` is Debian's."""
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        do_without(f"no {name} found; on Debian: apt-get install {package}")
    return program


def do_without(reason: str) -> NoReturn:
    """Skip the test; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
