"""Programs that others' libraries are measured by; they run in an environment of their own."""
