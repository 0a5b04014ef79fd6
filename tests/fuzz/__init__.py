"""Random input for all that reads what comes from outside: `make fuzz`."""
