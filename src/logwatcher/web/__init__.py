"""The page, its cards and the API: Django views over the store."""
