"""The real JMeter: found, installed, started, stopped, and its trouble put into one line."""
