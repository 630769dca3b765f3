"""A faulty IVR over WebSocket: it fails in chosen ways and writes down exactly how it failed."""
