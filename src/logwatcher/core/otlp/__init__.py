"""OpenTelemetry's protocol: exported spans and log records → events, and what is answered."""
