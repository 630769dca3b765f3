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
    static String test                      // that runs: in JMeter's GUI and on engines several do, one after the other
    static boolean stopped
    static long begun, second, unpaid
    static double opened                    // when the last opening was, in ms

    private static synchronized void join(String started) {
        if (started == test) return
        test = started
        begun = now()
        opened = 0
        stopped = false
    }

    // ------ One caller
    final JMeterContext ctx
    final JMeterVariables vars
    final Logger log
    final Connection connection = new Connection()
    final Backoff backoff = new Backoff()
    String at = 'new'                       // new | connecting | calling | done | goodbye | leaving
    Row looked, seen                        // the last row at look back; the last opening whose outcome is known
    boolean last, givenUp                   // the connection's last call; no further attempt
    long calls, deadline = Long.MAX_VALUE, steps
    long conn, done, used                   // openings; calls that are over; those that the connection has served
    long tries                              // connections that this call has had or asked for, never over max_attempts
    long failures                           // calls in a row that failed
    long openedAt, dueAt

    Caller(JMeterContext ctx, Logger log) {
        this.ctx = ctx
        this.vars = ctx.variables
        this.log = log
        join(vars.get('TESTSTART.MS') ?: '')
        forget()
        set('ws_leave', true)               // unless look back says otherwise
    }

    String toString() { "$at, connection $conn, attempt $tries of this call, $done calls done" }

    // ------ What the tree calls. `stay`: calls=…, or hold=… with ramp=… and over=… in seconds (they leave evenly during
    // `over`, who came last first); steps=…, how many there are to continue at after a loss.
    void lookBack(String stay) {
        guarded {
            Row row = ctx.previousResult
            if (at == 'connecting' && row.is(looked)) throw new IllegalStateException('look back ran twice in a loop')
            looked = row
            forget()
            if (at == 'connecting' && connection.opened()) at = 'calling'   // the outcome did not see it
            switch (at) {
                case 'new': settle(stay); nextCall(); break
                case 'connecting': if (givenUp) leave() else callFailed(); break   // or a step before the opening failed
                case 'calling': callBroke(row); break
                case 'leaving': ctx.thread.stop(); break                           // the way out was not passed
                default: nextCall()
            }
        }
    }

    void delay() { guarded { sleepUntil(dueAt) } }

    void turn() {
        guarded {
            if (!(ctx.currentSampler instanceof OpenWebSocketSampler)) return
            if (at == 'leaving') ctx.thread.stop()      // then nothing is opened
            connection.putAway()            // the plugin would drop an open one without a close frame
            set('ws_connect', false)
            givenUp = true                  // one attempt: its outcome alone grants another
            guardCeiling()
            if (number('handshake_rate') > 0) awaitTurn()
        }
    }

    void tried() {
        guarded {
            Row row = ctx.previousResult
            if (!(ctx.currentSampler instanceof OpenWebSocketSampler) || row.is(seen)) return
            seen = row
            forget()
            if (connection.opened()) {
                at = 'calling'
                used = 0
                openedAt = now()
            } else refused(row.responseCode)
        }
    }

    void callDone() {
        if (at == 'done') return
        at = 'done'
        done++
        used++
        failures = 0
        last = used >= number('calls_per_connection') || finished()
        set('ws_last', last)
    }

    // ------ What has happened
    private void refused(String code) {
        long wait = backoffFor(tries - 1)
        boolean hopeless = code in (vars.get('give_up_on') ?: '').tokenize(', ')
        givenUp = hopeless || tries >= number('max_attempts') || now() + wait >= deadline
        if (givenUp) {                      // the row is a failure: the loop starts anew, and the caller leaves
            log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, tries, code)
        } else {
            attempt(wait)
            set('JMeterThread.last_sample_ok', true)   // the row stays a failure, but the loop here goes on
        }
    }

    private void callBroke(Row row) {
        if (!connection.lost(row)) {
            failed()
            at = 'goodbye'
            set('ws_goodbye', true)
            return
        }
        connection.putAway()
        if (vars.get('after_loss') == 'stop') leave()
        else if (tries >= number('max_attempts')) callFailed()   // lost again and again
        else {
            // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
            boolean first = tries == 1 || now() - openedAt >= SETTLED_MS
            long wait = first ? Math.round(Backoff.upTo(number('first_wait'))) : backoffFor(tries - 2)
            begin(wait, false, steps > 0 ? (vars.get('ws_step') ?: '1') as int : 1)
        }
    }

    private void callFailed() {
        failed()
        nextCall()
    }

    private void failed() {
        done++
        failures++
    }

    // ------ What to do
    private void nextCall() {
        if (last || at != 'done' || connection.lost(null)) connection.putAway()   // or a Close by hand closed it
        last = false
        tries = connection.known ? 1 : 0
        if (!connection.known && finished()) leave()
        else begin(failures > 0 ? backoffFor(failures - 1) : 0L, true, 1)
    }

    private void begin(long wait, boolean newCall, int step) {
        boolean open = connection.known
        if (!open && now() + wait >= deadline) {
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
        dueAt = now() + wait
        boolean again = tries > 1 || failures > 0
        set('ws_connect', true)
        set('ws_open', !again)
        set('ws_reconnect', again)
        set('ws_conn', ++conn)
        set('ws_attempt', tries)
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
        } catch (InterruptedException end) {
            log.debug('the test is stopped now')
        } catch (Exception error) {
            forget()
            leave()
            stopTest('the script caller.groovy failed: ' + error, error)
        }
    }

    private void stopTest(String why, Exception error) {
        synchronized (Caller) {
            if (!stopped) log.error('The test stops: ' + why, error)
            stopped = true
        }
        ctx.engine.stopTest(true)
    }

    private void forget() { for (String condition : CONDITIONS) set(condition, false) }

    private void set(String name, Object value) { vars.put(name, value.toString()) }

    private double number(String name) { Double.parseDouble(vars.get(name) ?: '0') }

    private static long now() { System.currentTimeMillis() }

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

    private boolean finished() { deadline == Long.MAX_VALUE ? done >= calls : now() >= deadline }

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
            opened = Math.max(due, now() - 1d)
        } finally { TURN.unlock() }
    }

    private void sleepUntil(long when) {    // in parts: the test may be stopped meanwhile
        long left
        while ((left = when - now()) > 0 && running()) Thread.sleep(Math.min(left, 1000L))
    }

    @CompileDynamic
    private boolean running() { ctx.thread.running }

    // The last line: whatever goes wrong in a plan that was edited, no server is flooded. What counts are attempts that
    // no finished call lies before, within a second.
    private void guardCeiling() {
        long ceiling = number('ceiling') as long
        if (ceiling <= 0 || done > 0 && tries == 1 && failures == 0) return
        synchronized (Caller) {
            long this_second = now().intdiv(1000) as long
            if (second != this_second) unpaid = 0
            second = this_second
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
