"""What the process tells of itself, to who watches over it."""
