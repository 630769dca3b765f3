// Whole messages: the plugin hands out single frames, and RFC 6455 (5.4) lets a server cut a message into many. After
// each opening this puts itself between the socket and the plugin, which then reads every message as one frame, with
// all of its samplers and filters. Control frames between fragments pass at once, in their place. It puts `ws_messages`
// into each caller's variables, whose methods one-line scripts in the tree call:
//
//   opened     after each opening; takes the scenario's `on` as JSON: what it awaits is answered while any step reads;
//              and whether steps read binary messages: if not, they are passed over here, at no cost
//   answer     the same for a while, by other replies
//   attend     waits, reads and answers meanwhile, and keeps for later steps what they await
import com.jayway.jsonpath.JsonPath
import com.jayway.jsonpath.PathNotFoundException
import eu.luminis.jmeter.wssampler.OpenWebSocketSampler
import eu.luminis.jmeter.wssampler.WebsocketSampler
import eu.luminis.websocket.WebSocketClient
import groovy.json.JsonSlurper
import groovy.transform.CompileDynamic
import groovy.transform.CompileStatic
import java.lang.reflect.Field
import java.nio.charset.StandardCharsets
import java.util.regex.Matcher
import java.util.regex.Pattern
import org.apache.jmeter.engine.util.CompoundVariable
import org.apache.jmeter.threads.JMeterContext
import org.apache.jmeter.threads.JMeterVariables
import org.apache.jmeter.threads.SetupThreadGroup
import org.slf4j.Logger

@CompileStatic
class Match {
    final String contains, path, value
    final Pattern regex

    Match(Map<String, String> of) {
        contains = of.contains
        path = of.json
        value = of.equals
        regex = of.regex == null ? null : Pattern.compile(of.regex)
    }

    // The groups of a regex become the variables ws_group_1, ws_group_2, …
    boolean holds(String text, JMeterVariables vars) {
        if (contains != null) return text.contains(contains)
        if (regex != null) {
            Matcher found = regex.matcher(text)
            if (!found.find()) return false
            for (int n = 1; n <= found.groupCount(); n++) vars.put('ws_group_' + n, found.group(n) ?: '')
            return true
        }
        if (path == null) return true
        try {
            Object there = JsonPath.read(text, path)
            return value == null || String.valueOf(there) == value
        } catch (PathNotFoundException | IllegalArgumentException | com.jayway.jsonpath.InvalidJsonException ignored) {
            return false
        }
    }
}

@CompileStatic
class Reply {
    final Match match
    final CompoundVariable send
    final boolean passOn

    Reply(Map<String, Object> of) {
        match = new Match((Map<String, String>) of.match)
        send = new CompoundVariable((String) of.send)
        passOn = of.pass_on
    }
}

@CompileStatic
class Joined extends InputStream {
    static final int TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, FINAL = 0x80, COMPRESSED = 0x40
    private static final byte[] NOTHING = new byte[0]
    private static final String WRONG = 'WebSocket protocol error: expected '   // as the plugin words it

    final WebSocketClient client
    private final Socket socket
    private final InputStream wire
    private final JMeterVariables vars
    private final boolean binary            // whether steps read binary messages
    private final boolean inflates          // whether compression was agreed upon
    List<Reply> replies
    private long answered

    private byte[] raw = new byte[2048]     // received, and not yet handed out
    private int start, end
    private final ByteArrayOutputStream joined = new ByteArrayOutputStream()
    private int first = -1                  // the first byte of the message that is being joined
    private final ArrayDeque<byte[]> kept = new ArrayDeque<>()
    private byte[] frame = NOTHING          // what the plugin reads at the moment
    private int at, marked

    Joined(WebSocketClient client, JMeterVariables vars, List<Reply> replies, boolean binary) {
        this.client = client
        this.vars = vars
        this.replies = replies
        this.binary = binary
        socket = (Socket) field('wsSocket').get(client)
        inflates = field('webSocketInflater').get(client) != null
        wire = (InputStream) field('socketInputStream').get(client)
        field('socketInputStream').set(client, this)
        OutputStream out = (OutputStream) field('socketOutputStream').get(client)
        field('socketOutputStream').set(client, new Writes(out, socket, (vars.get('read_timeout') ?: '5000') as long))
        vars.put('ws_replies', '0')
    }

    // ------ What the plugin calls
    int read() { at < frame.length || advance() ? frame[at++] & 0xff : -1 }

    int read(byte[] into, int offset, int length) {
        if (at == frame.length && !advance()) return -1
        int count = Math.min(length, frame.length - at)
        System.arraycopy(frame, at, into, offset, count)
        at += count
        return count
    }

    int available() { frame.length - at }

    boolean markSupported() { true }

    void mark(int limit) { marked = at }

    void reset() { at = marked }

    void close() { wire.close() }

    private boolean advance() {
        int timeout = socket.soTimeout
        byte[] found = next(timeout == 0 ? Long.MAX_VALUE : System.nanoTime() + timeout * 1_000_000L)
        if (found == null) return false
        frame = found
        at = marked = 0
        return true
    }

    // ------ What steps call, with times of System.nanoTime. Returns the next message or control frame as a frame without a mask; null at the end of the stream.
    byte[] next(long until) { kept.poll() ?: arriving(until) }

    void attend(long until, boolean keep, boolean pong) {
        try {
            byte[] came
            while ((came = arrival(until, pong)) != null) if (keep) kept.add(came)
        } catch (EOFException ignored) {
            return                          // the next step meets it
        }
    }

    // Returns the next message that arrives by a time, null if none does; answers pings. What ends the connection stays
    // for the plugin to read.
    byte[] arrival(long until, boolean pong) {
        try {
            for (;;) {
                byte[] came = arriving(until)
                if (came == null) throw new EOFException('end of stream')
                switch (opcode(came)) {
                    case PING:
                        if (pong && client.connected) client.sendPongFrame(Arrays.copyOfRange(came, head(came), came.length))
                        break
                    case PONG:
                        break
                    case CLOSE:
                        kept.add(came)
                        throw new EOFException('the server closes')
                    default:
                        return came
                }
            }
        } catch (SocketTimeoutException ignored) {
            return null
        }
    }

    void keep(byte[] message) { kept.add(message) }

    boolean waiting() { !kept.isEmpty() }

    static int opcode(byte[] frame) { frame[0] & 0x0f }

    static String text(byte[] frame) { new String(frame, head(frame), frame.length - head(frame), StandardCharsets.UTF_8) }

    // ------ From the wire to messages
    private byte[] arriving(long until) {
        for (;;) {
            byte[] whole = whole()
            if (whole == null) {
                if (!receive(until)) return null
            } else if ((binary || opcode(whole) != BINARY) && !taken(whole)) return whole
        }
    }

    private boolean receive(long until) {
        long left = until - System.nanoTime()
        if (left <= 0 && wire.available() == 0) throw new SocketTimeoutException('Read timed out')
        socket.soTimeout = until == Long.MAX_VALUE ? 0 : (int) Math.min(Integer.MAX_VALUE, Math.max(0L, left).intdiv(1_000_000L) + 1)
        if (end == raw.length) {
            byte[] room = end - start > raw.length >> 1 ? new byte[Math.multiplyExact(raw.length, 2)] : raw
            System.arraycopy(raw, start, room, 0, end - start)
            end -= start
            start = 0
            raw = room
        }
        int count = wire.read(raw, end, raw.length - end)
        if (count > 0) end += count
        return count >= 0
    }

    // Takes the next whole message or control frame out of what was received; null: more is needed.
    private byte[] whole() {
        for (;;) {
            int head = end - start < 2 ? 2 : headAt(raw, start)
            if (end - start < head) return null
            long length = lengthAt(raw, start, head)
            if (length > Integer.MAX_VALUE - 16) throw new IOException("a frame of $length bytes does not fit into memory")
            if (end - start < head + length) return null
            int opening = raw[start] & 0xff, from = start + head
            if (raw[start + 1] < 0) throw new IOException(WRONG + 'a frame without a mask')
            if (opening & COMPRESSED && !inflates) throw new IOException(WRONG + 'no compression, which nobody asked for')
            start += (int) (head + length)
            boolean control = (opening & 0x0f) >= CLOSE
            if (control || first < 0 && opening & FINAL) return Arrays.copyOfRange(raw, from - head, start)
            if (first < 0) first = opening
            else if (opening & 0x0f) throw new IOException('missing continuation frame')
            joined.write(raw, from, start - from)
            if (opening & FINAL) return message()
        }
    }

    private byte[] message() {
        byte[] payload = joined.toByteArray()
        byte[] made = new byte[10 + payload.length]
        made[0] = (byte) (first | FINAL)
        made[1] = 127
        for (int n = 0; n < 4; n++) made[9 - n] = (byte) (payload.length >> 8 * n)
        System.arraycopy(payload, 0, made, 10, payload.length)
        first = -1
        joined.reset()
        return made
    }

    private static int head(byte[] frame) { headAt(frame, 0) }

    private static int headAt(byte[] bytes, int start) {
        int length = bytes[start + 1] & 0x7f
        return length < 126 ? 2 : length == 126 ? 4 : 10
    }

    private static long lengthAt(byte[] bytes, int start, int head) {
        if (head == 2) return bytes[start + 1] & 0x7f
        long length = 0
        for (int n = start + 2; n < start + head; n++) length = length << 8 | bytes[n] & 0xff
        return length < 0 ? Long.MAX_VALUE : length
    }

    // ------ Replies
    private boolean taken(byte[] message) {
        if (replies.isEmpty() || (message[0] & (COMPRESSED | 0x0f)) != TEXT || !client.connected) return false
        String text = text(message)
        for (Reply reply : replies) {
            if (!reply.match.holds(text, vars)) continue
            client.sendTextFrame(reply.send.execute())
            vars.put('ws_replies', Long.toString(++answered))
            return !reply.passOn
        }
        return false
    }

    private static Field field(String name) {
        Field found = WebSocketClient.getDeclaredField(name)
        found.accessible = true
        return found
    }
}


@CompileStatic
class Messages {
    final JMeterContext ctx
    final Logger log
    Joined open                             // the connection as it is read now

    Messages(JMeterContext ctx, Logger log) {
        this.ctx = ctx
        this.log = log
    }

    String toString() { open == null ? 'no connection yet' : 'whole messages of ' + open.client.connectUrl }

    void opened(String replies, boolean binary) {
        WebSocketClient client = held()
        if (!(ctx.currentSampler instanceof OpenWebSocketSampler) || !client?.connected || client.is(open?.client)) return
        try {
            open = new Joined(client, ctx.variables, parsed(replies), binary)
        } catch (Exception error) {
            log.error('The test stops: the script messages.groovy failed', error)
            ctx.engine.stopTest(true)
        }
    }

    void answer(String replies) { open.replies = parsed(replies) }

    void attend(long milliseconds, boolean keep, boolean pong) {
        open.attend(System.nanoTime() + milliseconds * 1_000_000L, keep, pong)
    }

    // Returns a message's text where it is what is awaited, else null.
    String matched(byte[] message, Map<String, String> awaited) {
        String text = Joined.text(message)
        return new Match(awaited).holds(text, ctx.variables) ? text : null
    }

    private static List<Reply> parsed(String replies) {
        if (!replies) return []
        return ((List<Map<String, Object>>) new JsonSlurper().parseText(replies)).collect { new Reply(it) }
    }

    @CompileDynamic
    private static WebSocketClient held() { WebsocketSampler.threadLocalCachedConnection.get() }
}

// The set-up group only has it compiled.
if (!(ctx.threadGroup instanceof SetupThreadGroup) && vars.getObject('ws_messages') == null) {
    vars.putObject('ws_messages', new Messages(ctx, log))
}
SampleResult.setIgnore()                    // last: a script that fails leaves its row

{% include "writes.groovy" %}
