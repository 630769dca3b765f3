"""JMeter plans for WebSocket systems that behave under load, and the reason why connections dropped."""

__version__ = "0.1.0"
