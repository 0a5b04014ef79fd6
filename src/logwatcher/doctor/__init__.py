"""What can be wrong around a server: each check says what it found and what to mend."""
