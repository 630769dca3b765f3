"""From JMeter results to a verdict. Of the generator it knows only errors, units and the names of columns."""
