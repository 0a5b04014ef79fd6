"""What is measured; each module is a program: python -m benchmarks.page --help."""
