"""As startproject writes it; ``python -m tests.mount.bookshop.manage``."""

import os
import signal
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.mount.bookshop.settings")
    # A shell lets what it runs in the background ignore Ctrl-C, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    execute_from_command_line(sys.argv)
