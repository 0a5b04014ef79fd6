"""Log formats: what turns one line into one event, and what finds out which one it takes."""

from logwatcher.core.formats.apache import compile_apache
from logwatcher.core.formats.detection import AutoParse, Detection, detect, read_after
from logwatcher.core.formats.explanation import explain, likely_cause
from logwatcher.core.formats.format import MAX_LINE, Format, FormatError, Header, Parse, ParseUsual
from logwatcher.core.formats.jsonline import compile_json
from logwatcher.core.formats.nginx import compile_nginx
from logwatcher.core.formats.pattern import by_pattern
from logwatcher.core.formats.reading import BY_ITSELF, Reading
from logwatcher.core.formats.request import unescape
from logwatcher.core.formats.table import FORMATS, find_format
from logwatcher.core.formats.timestamp import LATEST_YEAR

__all__ = [
    "BY_ITSELF",
    "FORMATS",
    "LATEST_YEAR",
    "MAX_LINE",
    "AutoParse",
    "Detection",
    "Format",
    "FormatError",
    "Header",
    "Parse",
    "ParseUsual",
    "Reading",
    "by_pattern",
    "compile_apache",
    "compile_json",
    "compile_nginx",
    "detect",
    "explain",
    "find_format",
    "likely_cause",
    "read_after",
    "unescape",
]
