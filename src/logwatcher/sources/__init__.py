"""The outside world → batches of events: made-up traffic, log lines, files."""
