// Before each attempt to open: says goodbye on what this thread still holds, so that the sampler below does not drop
// it without a close frame, and has the plugin do the same when the thread ends.
import eu.luminis.jmeter.wssampler.WebsocketSampler

// The plugin reads the property when it is loaded. A policy that the user has set stays.
if (props.putIfAbsent('websocket.thread.stop.policy', 'wsClose') == null) WebsocketSampler.initThreadStopPolicy()

def cached = WebsocketSampler.threadLocalCachedConnection
// After a close frame from the server the plugin forgets its client, with the socket open: it is in the variable.
[cached.get(), vars.getObject('jmxgen_client')].findAll().unique().each { client ->
    try {
        if (client.connected) client.close(1000, 'opened again', 1000)
        else if (client.state.toString() == 'CLOSED_SERVER') client.sendClose(1000, '')   // RFC 6455, 5.5.1
    } catch (Exception gone) {
        log.debug('the connection had ended before it was closed: {}', gone.message)
    }
    client.dispose()
}
cached.remove()
vars.putObject('jmxgen_client', null)
