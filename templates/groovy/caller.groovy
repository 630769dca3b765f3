// What a caller remembers, and what it does next. It puts `ws_caller` into each caller's variables. One-line scripts
// in the tree call its methods; the conditions there are plain variables, which these methods set:
//
//   lookBack   at the top of the loop: how did the last round end, and what does this one do?
//   delay      before a reconnect: waits as long as was drawn when the connection failed
//   turn       before each opening: waits for its turn in the handshake rate
//   tried      after each opening: connected, or again after a delay, or given up
//   callDone   after the last step of a call
//
// It reads the settings table: times in ms, rates per second.
import eu.luminis.jmeter.wssampler.OpenWebSocketSampler
import eu.luminis.jmeter.wssampler.WebsocketSampler
import eu.luminis.websocket.WebSocketClient
import groovy.transform.CompileDynamic
import groovy.transform.CompileStatic
import java.util.concurrent.ThreadLocalRandom
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import org.apache.jmeter.samplers.SampleResult as Row   // under its own name it would hide the script's variable
import org.apache.jmeter.threads.JMeterContext
import org.apache.jmeter.threads.JMeterVariables
import org.apache.jmeter.threads.SetupThreadGroup
import org.slf4j.Logger

@CompileStatic
class Caller {
    static final List<String> CONDITIONS =
        ['ws_goodbye', 'ws_leave', 'ws_new_call', 'ws_prepare', 'ws_connect', 'ws_open', 'ws_reconnect', 'ws_last']
    static final long SETTLED_MS = 5000     // a connection that was lost sooner helped nobody: backoff goes on

    // ------ Shared by all callers of this engine
    static final String ENGINE = Integer.toHexString(ThreadLocalRandom.current().nextInt(0x10000))
    static final ThreadLocal<WebSocketClient> HELD = held()
    static final AtomicLong slot = new AtomicLong(), opened = new AtomicLong(), second = new AtomicLong(), unpaid = new AtomicLong()
    static String test                      // that runs: in JMeter's GUI and on engines several do, one after the other
    static long begun
    static final AtomicBoolean failed = new AtomicBoolean()

    private static synchronized void join(String started) {
        if (started == test) return
        test = started
        begun = System.currentTimeMillis()
        failed.set(false)
        for (AtomicLong last : [slot, opened]) last.set(System.nanoTime() - 86_400_000_000_000L)
    }

    // ------ One caller
    final JMeterContext ctx
    final JMeterVariables vars
    final Logger log
    String at = 'new'                       // new | connecting | calling | done | goodbye | leaving
    WebSocketClient client                  // the open connection: the plugin forgets one that the server closed
    Row seen                                // the last opening that was looked at
    boolean last, givenUp
    long calls, deadline = Long.MAX_VALUE, steps, conn, done, used, openedAt, dueAt
    long tries                              // openings that this call has had, never more than max_attempts
    long retries                            // in a row, since a connection that settled
    long failures                           // calls in a row that failed
    double spread                           // the last wait of decorrelated jitter

    Caller(JMeterContext ctx, Logger log) {
        this.ctx = ctx
        this.vars = ctx.variables
        this.log = log
        join(vars.get('TESTSTART.MS') ?: '')
        forget()
    }

    String toString() { "$at, connection $conn, attempt $tries of this call, $done calls done" }

    // ------ What the tree calls. `stay`: calls=…, or hold=… with ramp=… and over=… in seconds (they leave evenly during
    // `over`, who came last first); steps=…, how many there are to continue at after a loss.
    void lookBack(String stay) {
        try {
            forget()
            if (at == 'new') settle(stay)
            if (at == 'calling') callBroke(ctx.previousResult)
            else if (at == 'connecting') notConnected()
            else {
                if (last || at == 'goodbye') putAway()
                nextCall()
            }
        } catch (Exception error) { fail(error) }
    }

    long delay() {
        sleepUntil(dueAt)
        return 0
    }

    long turn() {
        try {
            if (!(ctx.currentSampler instanceof OpenWebSocketSampler)) return 0
            set('ws_connect', false)        // one attempt: its outcome alone grants another
            double rate = number('handshake_rate', 0)
            if (rate > 0) awaitTurn(1e9d * Math.max(1d, number('engines', 1)) / rate)
        } catch (Exception error) { fail(error) }
        return 0
    }

    void tried() {
        try {
            Row row = ctx.previousResult
            if (!(ctx.currentSampler instanceof OpenWebSocketSampler) || row.is(seen)) return
            seen = row
            for (String condition : ['ws_connect', 'ws_open', 'ws_reconnect']) set(condition, false)
            guardCeiling()
            client = HELD.get()
            if (client?.connected) {
                at = 'calling'
                used = 0
                openedAt = System.currentTimeMillis()
            } else refused(row.responseCode)
        } catch (Exception error) { fail(error) }
    }

    void callDone() {
        at = 'done'
        done++
        used++
        failures = 0
        last = used >= number('calls_per_connection', 1) || finished()
        set('ws_last', last)
    }

    // ------ What has happened
    private void refused(String code) {
        long wait = backoff(retries++)
        dueAt = System.currentTimeMillis() + wait
        boolean hopeless = code in (vars.get('give_up_on') ?: '').split(',')
        givenUp = hopeless || tries >= number('max_attempts', 1) || dueAt >= deadline
        if (givenUp) {                      // the row is a failure: the loop starts anew, and the caller leaves
            log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, tries, code)
            return
        }
        attempt(wait)
        set('JMeterThread.last_sample_ok', true)   // the row stays a failure, but the loop here goes on
    }

    private void notConnected() {
        putAway()
        if (givenUp) leave()
        else {                              // a step before the opening failed
            callFailed()
            nextCall()
        }
    }

    private void callBroke(Row row) {
        if (!lost(row)) {
            callFailed()
            at = 'goodbye'
            set('ws_goodbye', true)
            return
        }
        putAway()
        if (vars.get('after_loss') == 'stop') leave()
        else if (tries >= number('max_attempts', 1)) {   // lost again and again
            callFailed()
            nextCall()
        } else {
            retries = System.currentTimeMillis() - openedAt >= SETTLED_MS ? 1 : retries + 1
            // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
            long wait = retries == 1 ? Math.round(upTo(number('first_wait', 0))) : backoff(retries - 2)
            begin(wait, false, steps > 0 ? (vars.get('ws_step') ?: '1') as int : 1)
        }
    }

    // A stall, an assertion, an unexpected frame: the connection lives on. Anything else has ended it.
    private boolean lost(Row row) {
        if (!(HELD.get() ?: client)?.connected) return true
        if (row.successful) return false    // a sampler by hand stands between the failure and here
        row.responseCode.startsWith('Sampler error: unexpected frame type (close)') ||
            row.responseCode == 'Websocket I/O error' && !row.responseMessage.endsWith('Read timed out')
    }

    private void callFailed() {
        done++
        failures++
    }

    // ------ What to do
    private void nextCall() {
        tries = retries = 0
        last = false
        if (client == null && finished()) leave() else begin(failures > 0 ? backoff(failures - 1) : 0L, true, 1)
    }

    private void begin(long wait, boolean newCall, int step) {
        dueAt = System.currentTimeMillis() + wait
        if (client == null && dueAt >= deadline) {
            leave()
            return
        }
        set('ws_new_call', newCall)         // only now: a caller that leaves takes no line of the data with it
        set('ws_call', done + 1)
        for (int n = 1; n <= steps; n++) set('ws_do_' + n, n >= step)
        at = client == null ? 'connecting' : 'calling'
        givenUp = false
        set('ws_prepare', client == null)
        if (client == null) attempt(wait)
    }

    private void attempt(long wait) {
        tries++
        boolean again = retries > 0 || failures > 0
        set('ws_connect', true)
        set('ws_open', !again)
        set('ws_reconnect', again)
        set('ws_conn', ++conn)
        set('ws_attempt', retries + 1)
        set('ws_wait_ms', wait)
        String name = ctx.thread.threadName   // unlike threadNum it differs between groups
        set('ws_id', [ENGINE, Long.toString(begun, 36), name.substring(name.lastIndexOf(' ') + 1), conn].join('-'))
    }

    private void leave() {
        at = 'leaving'
        set('ws_leave', true)
    }

    private void fail(Exception error) {
        forget()
        leave()
        stopTest('the script caller.groovy failed: ' + error, error)
    }

    private void stopTest(String why, Exception error) {
        if (failed.compareAndSet(false, true)) log.error('The test stops: ' + why, error)
        ctx.engine.stopTest(true)
    }

    private void forget() { for (String condition : CONDITIONS) set(condition, false) }

    private void set(String name, Object value) { vars.put(name, value.toString()) }

    private double number(String name, double absent) { Double.parseDouble(vars.get(name) ?: Double.toString(absent)) }

    // ------ How long
    private void settle(String stay) {
        Map<String, Double> given = [:]
        for (String pair : stay.split(' ')) {
            String[] parts = pair.split('=')
            if (parts.length == 2) given[parts[0]] = Double.parseDouble(parts[1])
        }
        steps = given.get('steps', 0d) as long
        calls = given.get('calls', 1d) as long
        if (!given.containsKey('hold')) return
        int callers = Math.max(1, ctx.threadGroup.numThreads)
        double leaving = given.get('over', 0d) * (callers - ctx.threadNum) / (double) callers
        deadline = begun + Math.round(1000d * (given.get('ramp', 0d) + given['hold'] + leaving))
    }

    private boolean finished() { deadline == Long.MAX_VALUE ? done >= calls : System.currentTimeMillis() >= deadline }

    private static double upTo(double limit) { ThreadLocalRandom.current().nextDouble() * limit }

    // The wait before retry n, from 0: v = min(cap, base * 2^n), with jitter (docs/explanation/jitter.md).
    private long backoff(long n) {
        double base = number('backoff_base', 1000), cap = number('backoff_cap', 60_000)
        double v = Math.min(cap, base * Math.pow(2d, (double) Math.min(n, 62L)))
        spread = Math.min(cap, base + upTo(3 * (n == 0 ? base : Math.max(base, spread)) - base))
        switch (vars.get('jitter')) {
            case 'none': return Math.round(v)
            case 'equal': return Math.round(v / 2 + upTo(v / 2))
            case 'decorrelated': return Math.round(spread)
            default: return Math.round(upTo(v))
        }
    }

    // Takes the next free slot (the generic cell rate algorithm) and sleeps until then. Threads wake late on a busy
    // machine, several at once at worst: so each also waits until the opening before it is as long ago as is due.
    // Openings are 3 % further apart than the rate, for the network may bring them closer; slots 6 %.
    private void awaitTurn(double each) {
        long due = slot.accumulateAndGet(System.nanoTime()) { long it, long now -> Math.max(it + Math.round(1.06d * each), now) }
        while (running()) {
            long now = System.nanoTime(), before = opened.get()
            due = Math.max(due, before + Math.round(1.03d * each))
            if (now >= due && opened.compareAndSet(before, now)) return
            sleepUntil(System.currentTimeMillis() + (long) Math.ceil((due - now) / 1e6d))
        }
    }

    private void sleepUntil(long when) {    // in parts: the test may be stopped meanwhile
        long left
        while ((left = when - System.currentTimeMillis()) > 0 && running()) Thread.sleep(Math.min(left, 1000L))
    }

    @CompileDynamic
    private boolean running() { ctx.thread.running }

    // The last line: whatever goes wrong here or in a plan that was edited, no server is flooded. What counts are
    // attempts that no finished call lies before, within a second.
    private void guardCeiling() {
        long ceiling = (long) number('ceiling', 0), now = System.currentTimeMillis().intdiv(1000) as long
        if (ceiling <= 0 || done > 0 && tries == 1 && failures == 0) return
        if (second.getAndSet(now) != now) unpaid.set(0)
        if (unpaid.incrementAndGet() > ceiling) {
            stopTest("over $ceiling attempts within a second without a finished call".toString(), null)
        }
    }

    // ------ The connection
    @CompileDynamic
    private static ThreadLocal<WebSocketClient> held() { WebsocketSampler.threadLocalCachedConnection }

    // Ends what is left of the connection, so that no later sample meets it: the plugin keeps a dead one, and leaves
    // the socket of one open that the server closed.
    private void putAway() {
        for (WebSocketClient gone : [client, HELD.get()].findAll().unique()) {
            try {
                gone.sendClose(1000, '')    // the answer to a close frame (RFC 6455, 5.5.1); else it is refused
            } catch (Exception ignored) {
                log.debug('no close frame can be sent any more')
            }
            gone.dispose()
        }
        client = null
        HELD.remove()
    }
}

// A connection that a stopped thread still holds is closed with a frame. What the user has set stays.
if (props.putIfAbsent('websocket.thread.stop.policy', 'wsClose') == null) WebsocketSampler.initThreadStopPolicy()
// The set-up group only has it compiled: the load begins with its first caller.
if (ctx.threadGroup instanceof SetupThreadGroup) Caller.HELD.get()
else if (vars.getObject('ws_caller') == null) vars.putObject('ws_caller', new Caller(ctx, log))
SampleResult.setIgnore()                    // last: a script that fails leaves its row
