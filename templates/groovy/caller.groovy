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
import groovy.transform.CompileDynamic
import groovy.transform.CompileStatic
import java.util.concurrent.ThreadLocalRandom
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.locks.ReentrantLock
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
    static final ReentrantLock TURN = new ReentrantLock(true)   // first come, first served
    static final AtomicBoolean STOPPED = new AtomicBoolean()
    static String test                      // that runs: in JMeter's GUI and on engines several do, one after the other
    static long begun, second, unpaid
    static double opened                    // when the last opening was, in ms

    private static synchronized void join(String started) {
        if (started == test) return
        test = started
        begun = System.currentTimeMillis()
        opened = 0
        STOPPED.set(false)
    }

    // ------ One caller
    final JMeterContext ctx
    final JMeterVariables vars
    final Logger log
    final Connection connection = new Connection()
    final Backoff backoff = new Backoff()
    String at = 'new'                       // new | connecting | calling | done | goodbye | leaving
    Row seen                                // the last opening that was looked at
    boolean last, givenUp                   // the connection's last call; no further attempt
    long calls, deadline = Long.MAX_VALUE, steps
    long conn, done, used                   // openings; calls that are over; those that the connection has served
    long tries                              // openings that this call has had, never more than max_attempts
    long retries                            // in a row, since a connection that settled
    long failures                           // calls in a row that failed
    long openedAt, dueAt

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
        guarded {
            forget()
            if (at == 'new') settle(stay)
            if (at == 'calling') callBroke(ctx.previousResult)
            else if (at == 'connecting') notConnected()
            else {
                if (last || at == 'goodbye') connection.putAway()
                nextCall()
            }
        }
    }

    long delay() {
        guarded { sleepUntil(dueAt) }
        return 0
    }

    long turn() {
        guarded {
            if (ctx.currentSampler instanceof OpenWebSocketSampler) {
                set('ws_connect', false)    // one attempt: its outcome alone grants another
                if (number('handshake_rate') > 0) awaitTurn()
            }
        }
        return 0
    }

    void tried() {
        guarded {
            Row row = ctx.previousResult
            if (!(ctx.currentSampler instanceof OpenWebSocketSampler) || row.is(seen)) return
            seen = row
            for (String condition : ['ws_connect', 'ws_open', 'ws_reconnect']) set(condition, false)
            guardCeiling()
            if (connection.opened()) {
                at = 'calling'
                used = 0
                openedAt = System.currentTimeMillis()
            } else refused(row.responseCode)
        }
    }

    void callDone() {
        at = 'done'
        done++
        used++
        failures = 0
        last = used >= number('calls_per_connection') || finished()
        set('ws_last', last)
    }

    // ------ What has happened
    private void refused(String code) {
        long wait = backoffFor(retries++)
        dueAt = System.currentTimeMillis() + wait
        boolean hopeless = code in (vars.get('give_up_on') ?: '').split(',')
        givenUp = hopeless || tries >= number('max_attempts') || dueAt >= deadline
        if (givenUp) {                      // the row is a failure: the loop starts anew, and the caller leaves
            log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, tries, code)
        } else {
            attempt(wait)
            set('JMeterThread.last_sample_ok', true)   // the row stays a failure, but the loop here goes on
        }
    }

    private void notConnected() {
        connection.putAway()
        if (givenUp) leave() else callFailed()   // or a step before the opening failed
    }

    private void callBroke(Row row) {
        if (!connection.lost(row)) {
            countFailure()
            at = 'goodbye'
            set('ws_goodbye', true)
            return
        }
        connection.putAway()
        if (vars.get('after_loss') == 'stop') leave()
        else if (tries >= number('max_attempts')) callFailed()   // lost again and again
        else {
            retries = System.currentTimeMillis() - openedAt >= SETTLED_MS ? 1 : retries + 1
            // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
            long wait = retries == 1 ? Math.round(Backoff.upTo(number('first_wait'))) : backoffFor(retries - 2)
            begin(wait, false, steps > 0 ? (vars.get('ws_step') ?: '1') as int : 1)
        }
    }

    private void countFailure() {
        done++
        failures++
    }

    private void callFailed() {
        countFailure()
        nextCall()
    }

    // ------ What to do
    private void nextCall() {
        tries = retries = 0
        last = false
        if (!connection.known && finished()) leave()
        else begin(failures > 0 ? backoffFor(failures - 1) : 0L, true, 1)
    }

    private void begin(long wait, boolean newCall, int step) {
        dueAt = System.currentTimeMillis() + wait
        boolean open = connection.known
        if (!open && dueAt >= deadline) {
            leave()
            return
        }
        set('ws_new_call', newCall)         // only now: a caller that leaves takes no line of the data with it
        set('ws_call', done + 1)
        for (int n = 1; n <= steps; n++) set('ws_do_' + n, n >= step)
        at = open ? 'calling' : 'connecting'
        givenUp = false
        set('ws_prepare', !open)
        if (!open) attempt(wait)
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
        String thread = name.substring(name.lastIndexOf(' ') + 1)
        set('ws_id', [ENGINE, Long.toString(begun, 36), thread, conn].join('-'))
    }

    private void leave() {
        at = 'leaving'
        set('ws_leave', true)
    }

    private void guarded(Closure<?> what) {
        try {
            what()
        } catch (InterruptedException stopped) {
            log.debug('the test is stopped now')
        } catch (Exception error) {
            forget()
            leave()
            stopTest('the script caller.groovy failed: ' + error, error)
        }
    }

    private void stopTest(String why, Exception error) {
        if (STOPPED.compareAndSet(false, true)) log.error('The test stops: ' + why, error)
        ctx.engine.stopTest(true)
    }

    private void forget() { for (String condition : CONDITIONS) set(condition, false) }

    private void set(String name, Object value) { vars.put(name, value.toString()) }

    private double number(String name) { Double.parseDouble(vars.get(name) ?: '0') }

    // ------ How long
    private void settle(String stay) {
        Map<String, String> given = stay.split(' ').findAll { !it.endsWith('=') }.collectEntries { it.split('=', 2) as List }
        Closure<Double> value = { String name -> Double.parseDouble(given[name] ?: '0') }
        steps = value('steps') as long
        calls = value('calls') as long
        if (!given['hold']) return
        int callers = Math.max(1, ctx.threadGroup.numThreads)
        double leaving = value('over') * (callers - ctx.threadNum) / (double) callers
        deadline = begun + Math.round(1000d * (value('ramp') + value('hold') + leaving))
    }

    private boolean finished() { deadline == Long.MAX_VALUE ? done >= calls : System.currentTimeMillis() >= deadline }

    private long backoffFor(long retry) {
        backoff.wait(retry, number('backoff_base'), number('backoff_cap'), vars.get('jitter'))
    }

    // Openings go through here one by one, each at its distance from the one before: 3 % more than the rate asks for,
    // since the network may bring them closer together.
    private void awaitTurn() {
        double apart = 1030d * Math.max(1d, number('engines')) / number('handshake_rate')
        TURN.lockInterruptibly()
        try {
            double due = opened + apart
            sleepUntil((long) Math.ceil(due))
            opened = Math.max(due, System.currentTimeMillis() - 1d)
        } finally { TURN.unlock() }
    }

    private void sleepUntil(long when) {    // in parts: the test may be stopped meanwhile
        long left
        while ((left = when - System.currentTimeMillis()) > 0 && running()) Thread.sleep(Math.min(left, 1000L))
    }

    @CompileDynamic
    private boolean running() { ctx.thread.running }

    // The last line: whatever goes wrong in a plan that was edited, no server is flooded. What counts are attempts that
    // no finished call lies before, within a second.
    private void guardCeiling() {
        long ceiling = number('ceiling') as long, now = System.currentTimeMillis().intdiv(1000) as long
        if (ceiling <= 0 || done > 0 && tries == 1 && failures == 0) return
        synchronized (STOPPED) {
            if (second != now) unpaid = 0
            second = now
            if (++unpaid <= ceiling) return
        }
        stopTest("over $ceiling attempts within a second without a finished call", null)
    }
}

Connection.closeAtThreadEnd(props)
// The set-up group only has it compiled: the load begins with its first caller.
if (ctx.threadGroup instanceof SetupThreadGroup) Connection.HELD.get()
else if (vars.getObject('ws_caller') == null) vars.putObject('ws_caller', new Caller(ctx, log))
SampleResult.setIgnore()                    // last: a script that fails leaves its row

{% include "connection.groovy" %}
{% include "backoff.groovy" %}
