// After the Close before an opening: whether or not the peer answered, the opening follows.
vars.getObject('jmxgen_connection')?.putAway()
vars.put('JMeterThread.last_sample_ok', 'true')
