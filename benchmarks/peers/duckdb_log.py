"""DuckDB makes of a JSON log what we make: a table of requests and buckets at three steps.

    python duckdb_log.py LOG FOLDER

A bucket has counts per status, bytes, the sum of durations and approximate quantiles.
"""

import sys
from pathlib import Path

import duckdb

ROUTE = r"regexp_replace(split_part(path, '?', 1), '[0-9a-f]{8}|[0-9]+', '{id}', 'g')"
REQUESTS = f"""
CREATE TABLE request AS
SELECT time_iso8601 AS time, split_part(request, ' ', 1) AS method,
       split_part(split_part(request, ' ', 2), '?', 1) AS path, {ROUTE} AS route,
       status, body_bytes_sent AS bytes, request_time AS duration
FROM read_ndjson(?, columns = {{
    time_iso8601: 'TIMESTAMPTZ', request: 'VARCHAR', status: 'SMALLINT',
    body_bytes_sent: 'BIGINT', request_time: 'DOUBLE'}})
"""  # noqa: S608  # constants
BUCKETS = """
CREATE TABLE bucket_{step} AS
SELECT epoch(time)::BIGINT // {step} AS start, method, route, status, count(*) AS requests,
       sum(bytes) AS bytes, sum(duration) AS duration,
       approx_quantile(duration, [0.5, 0.95, 0.99]) AS quantiles
FROM request GROUP BY ALL
"""


def main() -> None:
    """Into a new database, which is then removed."""
    log, folder = sys.argv[1:]
    path = Path(folder) / "peer.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(REQUESTS, [log])
        for step in (5, 60, 3600):
            connection.execute(BUCKETS.format(step=step))
    path.unlink()


if __name__ == "__main__":
    main()
