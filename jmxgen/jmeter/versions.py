"""The versions of JMeter and of the WebSocket samplers that jmxgen installs and generates for."""

from typing import Final

JMETER: Final = "5.6.3"
SUPPORTED_JMETERS: Final = ("5.6.2", "5.6.3")
WEBSOCKET_SAMPLERS: Final = "1.3.1"
