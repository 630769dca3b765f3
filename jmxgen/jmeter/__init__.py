"""The jmeter of jmxgen."""
