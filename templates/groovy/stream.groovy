// Sends a file in chunks against a clock, as a microphone does: chunk n is due at start + n * every, however long the
// sending took. Between chunks it reads: pings and the scenario's `on` are answered, and `until` ends the stream. It
// leaves one row, with the chunks sent and how late they were.
//
// Parameters, as JSON: file, chunk (bytes), every (ms), limit (ms), loop, text (absent: binary frames), until, keep (what
// comes, for later steps), pong. Texts are evaluated for each chunk, with ws_chunk (from 1), ws_chunk_ms, ws_chunk_base64.
import eu.luminis.websocket.Frame
import eu.luminis.websocket.WebSocketClient
import groovy.json.JsonSlurper
import groovy.transform.CompileDynamic
import groovy.transform.CompileStatic
import java.nio.file.Files
import java.nio.file.Paths
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.LockSupport
import org.apache.jmeter.engine.util.CompoundVariable
import org.apache.jmeter.samplers.SampleResult as Row
import org.apache.jmeter.threads.JMeterContext

class UnusableFile extends RuntimeException {
    UnusableFile(String message) { super(message) }
}

@CompileStatic
class Stream {
    static final ConcurrentHashMap<String, byte[]> FILES = new ConcurrentHashMap<>()   // all callers send the same bytes
    private static final long MS = 1_000_000L
    private static final int LATEST_MS = 60_000

    final JMeterContext ctx
    final Map<String, Object> plan
    final Object messages
    final WebSocketClient client
    private final CompoundVariable text
    private final int[] late = new int[LATEST_MS + 1]   // chunks by how late they were, in ms
    private int chunks
    private long sent, received
    private String answer

    Stream(JMeterContext ctx, String plan) {
        this.ctx = ctx
        this.plan = (Map<String, Object>) new JsonSlurper().parseText(plan)
        messages = ctx.variables.getObject('ws_messages')
        client = connection()
        text = this.plan.text == null ? null : new CompoundVariable((String) this.plan.text)
    }

    void run(Row row) {
        try {
            if (!client?.connected) throw new IOException('end of stream')
            boolean wanted = plan.until != null
            if (!paced(row) && wanted) throw new SocketTimeoutException('Read timed out')
            row.responseMessage = 'OK: ' + chunks + ' chunks, 95% at most ' + latest(0.95d) + ' ms late'
            if (answer != null) row.setResponseData(answer, 'UTF-8')
        } catch (IOException error) {
            Frame close = closing()
            row.successful = false
            row.responseCode = close == null ? 'Websocket I/O error' : 'Sampler error: unexpected frame type (close).'
            row.responseMessage = close == null ? 'WebSocket I/O error: ' + error.message : 'Received: ' + close
            received = 0                    // as the plugin's rows: a failed one with bytes has opened a connection
        } catch (UnusableFile error) {
            row.successful = false
            row.responseCode = 'Sampler error'
            row.responseMessage = 'Sampler error: ' + error.message
        }
        row.sentBytes = sent
        row.bodySize = received
    }

    private static byte[] content(String file) {
        byte[] found = FILES.get(file)
        if (found != null) return found
        try {
            found = Files.readAllBytes(Paths.get(file))
        } catch (IOException error) {
            throw new UnusableFile('the file ' + file + ' cannot be loaded: ' + error.class.simpleName)
        }
        if (found.length == 0) throw new UnusableFile('the file ' + file + ' cannot be loaded: it is empty')
        FILES.put(file, found)
        return found
    }

    // Returns whether what `until` awaits has come.
    private boolean paced(Row row) {
        byte[] data = content(new CompoundVariable((String) plan.file).execute())
        int size = (int) plan.chunk
        row.sampleResume()
        long begun = System.nanoTime(), every = MS * (plan.every as long), last = begun + MS * (plan.limit as long)
        for (long n = 0; ; n++) {
            long due = begun + n * every
            if (attend(due)) return true    // the last chunk has its time too
            if (due >= last || !plan.loop && n * size >= data.length || !running()) return false
            send(cut(data, n * size, size), n, n * every)
            long lateness = (System.nanoTime() - due).intdiv(MS) as long
            late[(int) Math.max(0L, Math.min((long) LATEST_MS, lateness))]++
        }
    }

    private byte[] cut(byte[] data, long from, int size) {
        if (!plan.loop) return Arrays.copyOfRange(data, (int) from, (int) Math.min((long) data.length, from + size))
        byte[] chunk = new byte[size]
        for (int n = 0; n < size; n++) chunk[n] = data[(int) ((from + n) % data.length)]
        return chunk
    }

    private void send(byte[] chunk, long n, long at) {
        if (text == null) {
            sent += client.sendBinaryFrame(chunk).size
        } else {
            ctx.variables.put('ws_chunk', Long.toString(n + 1))
            ctx.variables.put('ws_chunk_ms', Long.toString(at.intdiv(MS) as long))
            ctx.variables.put('ws_chunk_base64', chunk.encodeBase64().toString())
            sent += client.sendTextFrame(text.execute()).size
        }
        chunks++
    }

    private boolean attend(long due) {
        byte[] came
        while ((came = arrival(due - MS)) != null) {
            received += came.length
            if (plan.until != null && (answer = matched(came)) != null) return true
            if (plan.keep) keep(came)
        }
        long left
        while ((left = due - System.nanoTime()) > 0) LockSupport.parkNanos(left)
        return false
    }

    private int latest(double share) {
        long seen = 0
        for (int ms = 0; ms < late.length; ms++) if ((seen += late[ms]) >= share * chunks) return ms
        return LATEST_MS
    }

    // ------ What messages.groovy does
    @CompileDynamic
    private byte[] arrival(long until) { messages.open.arrival(until, plan.pong) }

    @CompileDynamic
    private String matched(byte[] message) { messages.matched(message, plan.until) }

    @CompileDynamic
    private void keep(byte[] message) { messages.open.keep(message) }

    @CompileDynamic
    private WebSocketClient connection() { messages?.open?.client }

    @CompileDynamic
    private boolean running() { ctx.thread.running }

    // The server's close frame, where it ended the stream: the plugin takes note of it by reading it.
    private Frame closing() {
        try {
            Frame frame
            while (client.connected && waiting()) if ((frame = client.receiveFrame(1000)).close) return frame
        } catch (IOException ignored) {
            return null
        }
        return null
    }

    @CompileDynamic
    private boolean waiting() { messages.open.waiting() }
}

SampleResult.samplePause()                  // what Groovy loads for the first stream is not its time
if (Parameters) new Stream(ctx, Parameters).run(SampleResult)
else SampleResult.setIgnore()               // the set-up group only has it compiled: that would count as the first stream's time
return null
