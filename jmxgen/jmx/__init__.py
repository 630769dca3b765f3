"""Between plans and .jmx files: rendering, checking, properties."""
