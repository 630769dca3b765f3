// Runs once a caller, and leaves no row: puts the caller's gate into its variables.
//
// At the top of the caller's loop stands an If controller whose condition calls `pass()`. JMeter comes there after
// a call, and after any sample that failed; the gate sees how the last round ended, decides what this one does, and
// returns true where there is a wait first, of `ws_wait_ms`. The condition after the opener calls `opened()`: the
// opening succeeded. Nothing else changes the gate: a Debug Sampler that prints it changes nothing.
//
// Parameters (key=value, divided by blanks): calls, per_connection, ramp, hold, over, max_attempts, base, cap,
// jitter, first, give_up, after_loss, steps. ramp, hold and over are seconds, other times milliseconds.
// Sets for the elements below it: ws_close, ws_begin, ws_open, ws_prepare, ws_last, ws_do_<n>; for the results:
// ws_phase, ws_conn, ws_attempt, ws_wait_ms, ws_close_code, ws_call, ws_id.
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
    final String idStart

    final long calls, perConnection, maxAttempts, deadline
    final double base, cap, first
    final String jitter, afterLoss
    final List<String> giveUp
    final int steps

    String at = 'new'            // new | opening | call | closing
    WebSocketClient client       // the open connection: the plugin forgets one that the server closed
    String closeCode = ''
    long conn, attempt, done, failures, used, openedAt
    long tries                   // openings that this call has had: never more than maxAttempts
    double spread                // the last wait of decorrelated jitter
    int resume = 1               // the step to continue at
    boolean last

    Gate(JMeterContext ctx, Properties props, Map<String, String> options, Logger log) {
        this.ctx = ctx
        this.vars = ctx.variables
        this.log = log
        calls = Long.parseLong(options.calls)
        perConnection = Long.parseLong(options.per_connection)
        maxAttempts = Long.parseLong(options.max_attempts)
        base = Double.parseDouble(options.base)
        cap = Double.parseDouble(options.cap)
        first = Double.parseDouble(options.first)
        jitter = options.jitter
        afterLoss = options.after_loss
        giveUp = options.give_up.split(',').toList()
        steps = Integer.parseInt(options.steps)
        deadline = deadlineOf(props, options)
        String engine = props.computeIfAbsent('jmxgen.engine') {
            Integer.toHexString(ThreadLocalRandom.current().nextInt(0x10000))
        }
        String thread = ctx.thread.threadName
        long start = Long.parseLong(vars.get('TESTSTART.MS') ?: '0')
        idStart = engine + '-' + Long.toString(start, 36) + '-' + thread.substring(thread.lastIndexOf(' ') + 1) + '-'
    }

    // When this caller has to stop: Long.MAX_VALUE where it makes its calls instead.
    private long deadlineOf(Properties props, Map<String, String> options) {
        if (!options.hold) return Long.MAX_VALUE
        long from = (long) props.computeIfAbsent('jmxgen.start') { System.currentTimeMillis() }
        // They go evenly during `over`, and the one that came last goes first.
        int callers = Math.max(1, ctx.threadGroup.numThreads)
        double share = (callers - ctx.threadNum) / (double) callers
        double seconds = Double.parseDouble(options.ramp) + Double.parseDouble(options.hold)
        return from + Math.round(1000d * (seconds + share * Double.parseDouble(options.over)))
    }

    // Puts a gate into the caller's variables; for the set-up group it only makes sure that all is compiled.
    static void set(JMeterContext ctx, Properties props, String parameters, Logger log) {
        if (parameters == 'warm-up') {
            HELD.get()
            props.remove('jmxgen.start')      // of a run before this one: the first caller sets it
            return
        }
        try {
            Map<String, String> options = new HashMap<>()
            for (String option : parameters.split(' ')) {
                int at = option.indexOf('=')
                options.put(option.substring(0, at), option.substring(at + 1))
            }
            Gate gate = new Gate(ctx, props, options, log)
            ctx.variables.putObject('ws_gate', gate)
        } catch (Exception error) {
            log.error('{} stops: it has no gate', ctx.thread.threadName, error)
            ctx.thread.stop()
        }
    }

    private boolean finished(long when) {
        deadline == Long.MAX_VALUE ? done >= calls : when >= deadline
    }

    // Describes the gate and changes nothing: JMeter asks for it whenever somebody looks at the variables.
    String toString() { "$at, connection $conn, attempt $attempt, $done calls done" }

    // Decides what this round does, and returns whether to wait first.
    boolean pass() {
        try {
            return decide() > 0
        } catch (Exception error) {
            log.error('{} stops: its gate failed', ctx.thread.threadName, error)
            ctx.thread.stop()
            return false
        }
    }

    private long decide() {
        Result previous = ctx.previousResult
        boolean failed = previous != null && !previous.successful
        vars.put('ws_close', 'false')
        vars.put('ws_begin', 'false')     // a caller that stops here must take no line of the data with it
        switch (at) {
            case 'new':
                vars.put('ws_phase', '')
                return nextCall()
            case 'opening':
                putAway()
                if (ctx.currentSampler instanceof OpenWebSocketSampler) return refused(previous.responseCode)
                callFailed()              // in a step before the opening
                return nextCall()
            case 'call':
                if (!failed) return callDone()
                if (ctx.currentSampler instanceof CloseWebSocketSampler) return closed(null)
                if (lost(previous)) return connectionLost(previous)
                callFailed()
                return sayGoodbye()
            default:                      // closing
                if (!failed) closeCode = previous.responseCode
                putAway()
                return nextCall()
        }
    }

    // Called after an opening that succeeded: from here on failures belong to the data phase. There is nothing to
    // do for JMeter then: false.
    boolean opened() {
        client = HELD.get()
        at = 'call'
        openedAt = System.currentTimeMillis()
        vars.put('ws_phase', 'data')
        return false
    }

    // ------ What has happened

    // Each returns the wait that it wants.
    private long refused(String code) {
        boolean status = code.isInteger()
        closeCode = status ? code : ''
        attempt++
        if (tries >= maxAttempts || status && code in giveUp) return stop(code)
        return go(false, false, backoff(attempt - 2))
    }

    private static boolean goodbye(Result previous) {
        previous.responseCode.startsWith('Sampler error: unexpected frame type (close)')
    }

    // A stall, an assertion, an unexpected frame: the connection lives on. Anything else has ended it.
    private boolean lost(Result previous) {
        boolean io = previous.responseCode == 'Websocket I/O error' && !previous.responseMessage.endsWith('Read timed out')
        return io || goodbye(previous) || client == null || !client.connected
    }

    private long connectionLost(Result previous) {
        Matcher told = CLOSE_FRAME.matcher(previous.responseMessage)
        closeCode = !goodbye(previous) ? '1006' : told.find() ? told.group(1) : '1005'
        putAway()
        if (afterLoss == 'stop') return stop()
        if (afterLoss == 'continue') {
            Matcher step = STEP.matcher(ctx.currentSampler?.comment ?: '')
            resume = step.find() ? Integer.parseInt(step.group(1)) : 1
        }
        boolean settled = System.currentTimeMillis() - openedAt >= SETTLED_MS
        boolean atOnce = settled || attempt <= 1
        attempt = settled ? 1 : attempt + 1
        if (tries >= maxAttempts) {       // lost again and again: a failed call
            callFailed()
            return nextCall()
        }
        // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
        return go(false, true, atOnce ? Math.round(upTo(first)) : backoff(attempt - 2))
    }

    private long callDone() {
        failures = 0
        if (last) return closed(ctx.previousResult.responseCode)
        done++
        used++
        return finished(System.currentTimeMillis()) ? sayGoodbye() : nextCall()
    }

    private void callFailed() {
        done++
        failures++
    }

    // The call's own close has ended, or failed (no code).
    private long closed(String code) {
        done++
        failures = 0
        if (code == null) {
            putAway()
        } else {
            closeCode = code
            client = null
        }
        return nextCall()
    }

    // ------ What to do

    private long nextCall() {
        attempt = 1
        tries = 0
        resume = 1
        long wait = failures > 0 ? backoff(failures - 1) : 0
        if (at != 'new' && finished(System.currentTimeMillis() + wait)) return stop()
        return go(true, true, wait)
    }

    private long sayGoodbye() {
        at = 'closing'
        vars.put('ws_close', 'true')
        return 0
    }

    private long stop(String code = null) {
        if (code != null) {
            log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, tries, code)
        }
        ctx.thread.stop()
        return 0
    }

    // `call`: a new call begins. `prepare`: a new connection is wanted, not just another attempt to get it.
    private long go(boolean call, boolean prepare, long wait) {
        if (System.currentTimeMillis() + wait >= deadline) return stop()
        boolean open = client == null
        if (open) {
            at = 'opening'
            conn++
            tries++
            used = 0
            vars.put('ws_conn', Long.toString(conn))
            vars.put('ws_attempt', Long.toString(attempt))
            vars.put('ws_phase', 'handshake')
            vars.put('ws_close_code', closeCode)
            vars.put('ws_id', idStart + conn)
        }
        last = used + 1 >= perConnection || deadline == Long.MAX_VALUE && done + 1 >= calls
        vars.put('ws_wait_ms', Long.toString(wait))
        vars.put('ws_call', Long.toString(done + 1))
        vars.put('ws_begin', Boolean.toString(call))
        vars.put('ws_open', Boolean.toString(open))
        vars.put('ws_prepare', Boolean.toString(open && prepare))
        vars.put('ws_last', Boolean.toString(last))
        for (int step = 1; step <= steps; step++) vars.put('ws_do_' + step, Boolean.toString(step >= resume))
        return wait
    }

    // ------ Waits

    private static double upTo(double limit) { ThreadLocalRandom.current().nextDouble() * limit }

    // The wait before retry n, from 0: v = min(cap, base * 2^n), with jitter (docs/explanation/jitter.md).
    private long backoff(long n) {
        double v = Math.min(cap, base * Math.pow(2d, (double) Math.min(n, 62L)))
        switch (jitter) {
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

// One call of a compiled method: what a script does by itself, Groovy looks up each time, once for each caller.
SampleResult.setIgnore()
Gate.set(ctx, props, Parameters, log)
