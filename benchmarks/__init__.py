"""What is measured, beside others; `make bench` runs it, see __main__."""
