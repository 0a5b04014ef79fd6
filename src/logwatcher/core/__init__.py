"""The rules of the numbers: values in, values out; no clock, no files, no database."""
