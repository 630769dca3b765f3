// Runs after an opening that succeeded: from here on failures belong to the data phase. It leaves no row.
import eu.luminis.jmeter.wssampler.WebsocketSampler

SampleResult.setIgnore()
if (Parameters == 'warm-up') return

vars.putObject('ws_client', WebsocketSampler.threadLocalCachedConnection.get())
vars.put('ws_phase', 'data')
vars.put('ws_at', 'call')
vars.put('ws_opened_ms', System.currentTimeMillis() as String)
