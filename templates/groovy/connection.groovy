
// ------ Connection: the thread's WebSocket, as the plugin holds it
import eu.luminis.jmeter.wssampler.WebsocketSampler
import eu.luminis.websocket.WebSocketClient
import org.apache.jmeter.samplers.SampleResult as Row   // under its own name it would hide the script's variable

@groovy.transform.CompileStatic
class Connection {
    static final ThreadLocal<WebSocketClient> HELD = held()
    private WebSocketClient client          // the plugin forgets one that the server closed, with its socket open
    boolean known                           // whether there is one that nobody has put away

    @groovy.transform.CompileDynamic
    private static ThreadLocal<WebSocketClient> held() { WebsocketSampler.threadLocalCachedConnection }

    // What a stopped thread still holds is closed with a frame. A policy that the user has set stays.
    @groovy.transform.CompileDynamic
    static void closeAtThreadEnd(Properties props) {
        if (props.putIfAbsent('websocket.thread.stop.policy', 'wsClose') == null) WebsocketSampler.initThreadStopPolicy()
    }

    // After an opening: is there a connection now?
    boolean opened() {
        client = HELD.get()
        known = client?.connected
    }

    boolean isOpen() { !lost(org.apache.jmeter.threads.JMeterContextService.context.previousResult) }

    // Has it ended? A stall, an assertion, an unexpected frame: it lives on. Any other failure has ended it.
    boolean lost(Row row) {
        if (!(HELD.get() ?: client)?.connected) return true
        if (row == null || row.successful) return false
        row.responseCode.startsWith('Sampler error: unexpected frame type (close)') ||
            row.responseCode == 'Websocket I/O error' && !row.responseMessage.endsWith('Read timed out')
    }

    // Ends what is left of it, so that no later sample meets it: the plugin keeps a dead one.
    void putAway() {
        for (WebSocketClient gone : [client, HELD.get()].findAll().unique()) {
            try {
                gone.sendClose(1000, '')    // the answer to a close frame (RFC 6455, 5.5.1); else it is refused
            } catch (Exception ignored) { } // it is dead: no frame can be sent any more
            gone.dispose()
        }
        HELD.remove()
        client = null
        known = false
    }
}
