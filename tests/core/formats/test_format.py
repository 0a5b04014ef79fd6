"""What messages quote of a line."""

import pytest

from logwatcher.core.formats.format import excerpt


@pytest.mark.parametrize("address", ["203.0.113.45", "2001:db8:7:8:9:4:5:6"])
def test_no_part_of_an_address_is_quoted(address: str) -> None:
    for before in range(45, 70):
        quoted = excerpt("-" * before + f' "{address}" more')
        assert not any(map(str.isdigit, quoted)), quoted
