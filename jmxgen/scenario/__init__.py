"""The scenario of jmxgen."""
