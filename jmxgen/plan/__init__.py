"""The plan of jmxgen."""
