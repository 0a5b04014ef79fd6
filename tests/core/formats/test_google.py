import pytest

from logwatcher.core.event import ParseError
from logwatcher.core.formats import FORMATS, Header

parse = FORMATS["gcs"].parse


def test_the_names_of_the_columns_are_no_fault() -> None:
    with pytest.raises(Header):
        parse('"time_micros","c_ip","c_ip_type","c_ip_region","cs_method","cs_uri","sc_status"')


def test_doubled_quotes_stand_for_one() -> None:
    line = (
        '"1715495103000000","","","","GET","/a""b"",""c?d","200","0","7","9","","","","","","",""'
    )
    event = parse(line)
    assert event[1:7] == ("GET", '/a"b","c', '/a"b","c', 200, 9, 7)


def test_what_is_cut_short_is_told() -> None:
    with pytest.raises(ParseError, match="gcs: expected a status in quotes at column"):
        parse('"1715495103000000","","","","GET","/a","20')
