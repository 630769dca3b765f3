"""The harden of jmxgen."""
