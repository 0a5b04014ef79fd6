"""The one store: tables, the writer, the reader, and the wanted state."""
