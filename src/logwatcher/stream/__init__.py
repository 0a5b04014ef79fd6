"""Store changes → frames → every open browser."""
