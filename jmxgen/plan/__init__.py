"""From a scenario to a JMeter plan: frozen values, no files."""
