"""From JMeter results to a verdict. Imports nothing of the generator but `jmxgen.errors`."""
