"""The lint of jmxgen."""
