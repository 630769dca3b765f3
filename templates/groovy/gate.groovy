// Runs at the top of a caller's loop: sees how the last round ended, and decides what this one does.
// It leaves no row. JMeter comes back here after a call, and after any sample that failed.
//
// Parameters (key=value, divided by blanks): calls, per_connection, ramp, hold, over, max_attempts, base, cap,
// jitter, first, give_up, after_loss, steps. ramp, hold and over are seconds, other times milliseconds.
// Sets for the elements below it: ws_close, ws_begin, ws_open, ws_prepare, ws_last, ws_do_<n>, ws_wait_ms; for the
// results: ws_phase, ws_conn, ws_attempt, ws_wait_ms, ws_close_code, ws_call, ws_id.
import eu.luminis.jmeter.wssampler.CloseWebSocketSampler
import eu.luminis.jmeter.wssampler.OpenWebSocketSampler
import eu.luminis.jmeter.wssampler.WebsocketSampler
import eu.luminis.websocket.WebSocketClient
import groovy.transform.CompileStatic
import java.lang.reflect.Field
import java.util.concurrent.ThreadLocalRandom
import java.util.regex.Matcher
import java.util.regex.Pattern
import org.apache.jmeter.samplers.SampleResult as Result
import org.apache.jmeter.samplers.Sampler
import org.apache.jmeter.threads.JMeterContext
import org.apache.jmeter.threads.JMeterVariables
import org.slf4j.Logger

// One a caller; compiled statically, for it stands in the way of every call.
@CompileStatic
class Gate {
    // A connection that was lost sooner than this after its opening did not mend anything: backoff goes on.
    static final long SETTLED_MS = 5000
    static final Pattern CLOSE_FRAME = Pattern.compile('Close frame with status code (\\d+)')
    static final Pattern STEP = Pattern.compile('step (\\d+)')

    final JMeterContext ctx
    final JMeterVariables vars
    final Logger log
    final Map<String, String> options = [:]
    final String idStart
    final long deadline

    String at = 'new'            // new | opening | call | closing
    WebSocketClient client       // the open connection: the plugin forgets one that the server closed
    String closeCode = ''
    long conn, attempt, done, failures, used, openedAt
    double spread                // the last wait of decorrelated jitter
    int resume = 1               // the step to continue at
    boolean last

    Gate(JMeterContext ctx, Properties props, String parameters, Logger log) {
        this.ctx = ctx
        this.vars = ctx.variables
        this.log = log
        for (String pair : parameters.split(' ')) {
            int cut = pair.indexOf('=')
            options.put(pair.substring(0, cut), pair.substring(cut + 1))
        }
        deadline = deadlineOf(props)
        String engine = props.computeIfAbsent('jmxgen.engine') {
            Integer.toHexString(ThreadLocalRandom.current().nextInt(0x10000))
        }
        String thread = ctx.thread.threadName
        long start = Long.parseLong(vars.get('TESTSTART.MS') ?: '0')
        idStart = engine + '-' + Long.toString(start, 36) + '-' + thread.substring(thread.lastIndexOf(' ') + 1) + '-'
    }

    long option(String name) { Long.parseLong(options.get(name)) }
    double decimal(String name) { Double.parseDouble(options.get(name)) }

    // When this caller has to stop: Long.MAX_VALUE where it makes its calls instead.
    private long deadlineOf(Properties props) {
        if (!options.get('hold')) return Long.MAX_VALUE
        long from = (long) props.computeIfAbsent('jmxgen.start') { System.currentTimeMillis() }
        // They go evenly during `over`, and the one that came last goes first.
        int callers = Math.max(1, ctx.threadGroup.numThreads)
        double share = (callers - ctx.threadNum) / (double) callers
        return from + Math.round(1000d * (decimal('ramp') + decimal('hold') + share * decimal('over')))
    }

    private boolean finished(long when) {
        deadline == Long.MAX_VALUE ? done >= option('calls') : when >= deadline
    }

    void pass() {
        Result previous = ctx.previousResult
        boolean failed = previous != null && !previous.successful
        vars.put('ws_close', 'false')
        vars.put('ws_begin', 'false')     // a caller that stops here must take no line of the data with it
        switch (at) {
            case 'new':
                vars.put('ws_phase', '')
                nextCall()
                break
            case 'opening':
                putAway()
                if (ctx.previousSampler instanceof OpenWebSocketSampler) {
                    refused(previous.responseCode)
                } else {                  // a step before the opening
                    callFailed()
                    nextCall()
                }
                break
            case 'call':
                if (!failed) callDone()
                else if (ctx.previousSampler instanceof CloseWebSocketSampler) closed(null)
                else if (lost(previous)) connectionLost(previous)
                else { callFailed(); sayGoodbye() }
                break
            case 'closing':
                if (!failed) closeCode = previous.responseCode
                putAway()
                nextCall()
                break
        }
    }

    // Called after an opening that succeeded: from here on failures belong to the data phase.
    void opened() {
        client = HELD.get()
        at = 'call'
        openedAt = System.currentTimeMillis()
        vars.put('ws_phase', 'data')
    }

    // ------ What has happened

    private void refused(String code) {
        boolean status = code.isInteger()
        closeCode = status ? code : ''
        attempt++
        if (attempt > option('max_attempts') || status && options.get('give_up').split(',').contains(code)) {
            giveUp(code)
        } else {
            go(false, false, backoff(attempt - 2))
        }
    }

    private static boolean goodbye(Result previous) {
        previous.responseCode.startsWith('Sampler error: unexpected frame type (close)')
    }

    // A stall, an assertion, an unexpected frame: the connection lives on. Anything else has ended it.
    private boolean lost(Result previous) {
        boolean io = previous.responseCode == 'Websocket I/O error' && !previous.responseMessage.endsWith('Read timed out')
        return io || goodbye(previous) || client == null || !client.connected
    }

    private void connectionLost(Result previous) {
        Matcher told = CLOSE_FRAME.matcher(previous.responseMessage)
        closeCode = !goodbye(previous) ? '1006' : told.find() ? told.group(1) : '1005'
        putAway()
        if (options.get('after_loss') == 'stop') {
            ctx.thread.stop()
            return
        }
        if (options.get('after_loss') == 'continue') {
            Matcher step = STEP.matcher(ctx.previousSampler?.comment ?: '')
            resume = step.find() ? Integer.parseInt(step.group(1)) : 1
        }
        boolean settled = System.currentTimeMillis() - openedAt >= SETTLED_MS
        boolean first = settled || attempt <= 1
        attempt = settled ? 1 : attempt + 1
        if (attempt > option('max_attempts')) giveUp(closeCode)
        // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
        else go(false, true, first ? Math.round(upTo(decimal('first'))) : backoff(attempt - 2))
    }

    private void callDone() {
        failures = 0
        if (last) {
            closed(ctx.previousResult.responseCode)
        } else {
            done++
            used++
            if (finished(System.currentTimeMillis())) sayGoodbye()
            else nextCall()
        }
    }

    private void callFailed() {
        done++
        failures++
    }

    // The call's own close has ended, or failed (no code).
    private void closed(String code) {
        done++
        failures = 0
        if (code == null) {
            putAway()
        } else {
            closeCode = code
            client = null
        }
        nextCall()
    }

    // ------ What to do

    private void nextCall() {
        attempt = 1
        resume = 1
        long wait = failures > 0 ? backoff(failures - 1) : 0
        if (at != 'new' && finished(System.currentTimeMillis() + wait)) ctx.thread.stop()
        else go(true, true, wait)
    }

    private void sayGoodbye() {
        at = 'closing'
        vars.put('ws_close', 'true')
    }

    private void giveUp(String code) {
        log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, attempt - 1, code)
        ctx.thread.stop()
    }

    // `call`: a new call begins. `prepare`: a new connection is wanted, not just another attempt to get it.
    private void go(boolean call, boolean prepare, long wait) {
        if (System.currentTimeMillis() + wait >= deadline) {
            ctx.thread.stop()
            return
        }
        boolean open = client == null
        if (open) {
            at = 'opening'
            conn++
            used = 0
            vars.put('ws_conn', Long.toString(conn))
            vars.put('ws_attempt', Long.toString(attempt))
            vars.put('ws_phase', 'handshake')
            vars.put('ws_close_code', closeCode)
            vars.put('ws_id', idStart + conn)
        }
        last = used + 1 >= option('per_connection') || deadline == Long.MAX_VALUE && done + 1 >= option('calls')
        vars.put('ws_wait_ms', Long.toString(wait))
        vars.put('ws_call', Long.toString(done + 1))
        vars.put('ws_begin', Boolean.toString(call))
        vars.put('ws_open', Boolean.toString(open))
        vars.put('ws_prepare', Boolean.toString(open && prepare))
        vars.put('ws_last', Boolean.toString(last))
        for (int step = 1; step <= option('steps'); step++) vars.put('ws_do_' + step, Boolean.toString(step >= resume))
    }

    // ------ Waits

    private static double upTo(double limit) { ThreadLocalRandom.current().nextDouble() * limit }

    // The wait before retry n, from 0: v = min(cap, base * 2^n), with jitter (docs/explanation/jitter.md).
    private long backoff(long n) {
        double base = decimal('base'), cap = decimal('cap')
        double v = Math.min(cap, base * Math.pow(2d, (double) Math.min(n, 62L)))
        switch (options.get('jitter')) {
            case 'full': return Math.round(upTo(v))
            case 'equal': return Math.round(v / 2 + upTo(v / 2))
            case 'decorrelated':
                double before = n == 0 ? base : Math.max(base, spread)
                spread = Math.min(cap, base + upTo(3 * before - base))
                return Math.round(spread)
            default: return Math.round(v)
        }
    }

    // ------ The connection

    static final ThreadLocal<WebSocketClient> HELD = held()

    private static ThreadLocal<WebSocketClient> held() {
        Field field = WebsocketSampler.getDeclaredField('threadLocalCachedConnection')
        field.accessible = true
        return (ThreadLocal<WebSocketClient>) field.get(null)
    }

    // Ends what is left of the connection, so that no later sample meets it: the plugin keeps a dead one, and
    // leaves the socket of one open that the server closed.
    private void putAway() {
        WebSocketClient gone = client ?: HELD.get()
        client = null
        HELD.remove()
        if (gone == null) return
        try {
            gone.sendClose(1000, '')      // the answer to a close frame (RFC 6455, 5.5.1); else it is refused
        } catch (Exception ignored) {
            log.debug('no close frame can be sent any more')
        }
        gone.dispose()
    }
}

SampleResult.setIgnore()
if (Parameters == 'warm-up') {
    Gate.HELD.get()
} else {
    def gate = vars.getObject('ws_gate')
    if (gate == null) {
        gate = new Gate(ctx, props, Parameters, log)
        vars.putObject('ws_gate', gate)
    }
    gate.pass()
}
