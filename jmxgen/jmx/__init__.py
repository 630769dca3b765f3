"""The jmx of jmxgen."""
