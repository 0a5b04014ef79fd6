"""Fuzz the targets, one after the other: python -m tests.fuzz SECONDS [TARGET…]."""

import importlib
import subprocess
import sys
import time
from pathlib import Path

BUILD = Path("build/fuzz")
KEPT = Path(__file__).parent / "corpus"
MAX_INPUT = 64 * 1024
MAX_S = 1.0
"""What one input may take; counting what it reaches makes it some times slower."""
WORDS = (
    *('\\"', "\\\\x22", "\\\\u0000", '\\" \\"', '\\":\\"', "[[", "{}", '{\\"a\\":', "1e999", " : "),
    *("12/May/2024:06:25:03 +0000", "2024-05-12T06:25:03Z", "1715495103", "9999", "HTTP/1.1"),
    *("GET ", "$status", "$request", "%t", "%r", "%>s", "#Fields: ", "time=", "\\x1b[2J", "\\x00"),
)


def main(seconds: str, *names: str) -> int:
    """Fuzz each target in a process of its own; returns 1 if one of them failed."""
    from tests.fuzz.target import TARGETS, seeds

    BUILD.mkdir(parents=True, exist_ok=True)
    words = BUILD / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    failed = []
    for name in names or TARGETS:
        found, right = BUILD / "corpus" / name, BUILD / "seeds" / name
        for folder in (found, right):
            folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(name)):
            (right / str(number)).write_bytes(seed)
        print(f"fuzzing {name} for {seconds} s ...", flush=True)
        limits = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT}", "-rss_limit_mb=1024"]
        output = [f"-dict={words}", f"-artifact_prefix={BUILD}/{name}-", "-timeout=10"]
        folders = [str(folder) for folder in (found, right, KEPT / name) if folder.is_dir()]
        command = [sys.executable, "-m", "tests.fuzz", "--one", name, *limits, *output, *folders]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}; see {BUILD}/" if failed else "nothing found")
    return 1 if failed else 0


def fuzz(name: str, *options: str) -> int:
    """Fuzz one target until its time is over or an input breaks a promise."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["logwatcher"]):
        from tests.fuzz.target import TARGETS
    target = TARGETS[name]

    def timed(data: bytes) -> None:
        started = time.process_time()
        target(data)
        assert time.process_time() - started < MAX_S, "slow"

    atheris.Setup([sys.argv[0], *options], timed)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(fuzz(*arguments[1:]) if arguments[0] == "--one" else main(*arguments))
