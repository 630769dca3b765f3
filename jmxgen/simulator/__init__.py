"""The simulator of jmxgen."""
