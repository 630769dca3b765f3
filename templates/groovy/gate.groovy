// Runs at the top of a caller's loop: sees how the last round ended, and decides what this one does.
// It leaves no row. JMeter comes back here after a call, and after any sample that failed.
//
// Parameters (key=value, divided by blanks): calls, per_connection, ramp, hold, over, max_attempts, base, cap,
// jitter, first, give_up, after_loss, steps. ramp, hold and over are seconds, other times milliseconds.
// Sets for the elements below it: ws_close, ws_stop, ws_begin, ws_open, ws_prepare, ws_last, ws_do_<n>; for the
// results: ws_phase, ws_conn, ws_attempt, ws_wait_ms, ws_close_code, ws_call, ws_id.
import eu.luminis.jmeter.wssampler.CloseWebSocketSampler
import eu.luminis.jmeter.wssampler.OpenWebSocketSampler
import eu.luminis.jmeter.wssampler.WebsocketSampler
import java.util.concurrent.ThreadLocalRandom

SampleResult.setIgnore()
if (Parameters == 'warm-up') return

// A connection that was lost sooner than this after its opening did not mend anything: backoff goes on.
final long SETTLED_MS = 5000

def options = vars.getObject('ws_options')
if (options == null) {
    options = Parameters.split(' ').collectEntries { def (k, v) = it.split('=', 2) as List; [k, v] }
    vars.putObject('ws_options', options)
}
def number = { String name -> (vars.get(name) ?: '0') as long }
def option = { String name -> options[name] as long }
long now = System.currentTimeMillis()

// ------ When this caller has to stop: a time, or after so many calls.
Long deadline = vars.getObject('ws_deadline')
if (deadline == null) {
    long start = (props.get('jmxgen.start') ?: vars.get('TESTSTART.MS') ?: now) as long
    if (options['hold']) {
        // They go evenly during `over`, and the one that came last goes first.
        double share = (ctx.threadGroup.numThreads - ctx.threadNum) / (double) Math.max(1, ctx.threadGroup.numThreads)
        def time = ['ramp', 'hold', 'over'].collectEntries { [it, options[it] as double] }
        deadline = start + Math.round(1000d * (time.ramp + time.hold + share * time.over))
    } else {
        deadline = Long.MAX_VALUE
    }
    vars.putObject('ws_deadline', deadline)
}
def finished = { long calls, long at -> deadline == Long.MAX_VALUE ? calls >= option('calls') : at >= deadline }

// ------ The backoff before retry n, from 0 (docs/explanation: jitter).
def random = ThreadLocalRandom.current()
def upTo = { double limit -> random.nextDouble() * limit }
def backoff = { long n ->
    double base = options['base'] as double, cap = options['cap'] as double
    double v = Math.min(cap, base * Math.pow(2d, Math.min(n, 62L) as double))
    switch (options['jitter']) {
        case 'full': return Math.round(upTo(v))
        case 'equal': return Math.round(v / 2 + upTo(v / 2))
        case 'decorrelated':
            double last = n == 0 ? base : Math.max(base, number('ws_spread_ms') as double)
            long spread = Math.round(Math.min(cap, base + upTo(Math.max(0d, 3 * last - base))))
            vars.put('ws_spread_ms', spread as String)
            return spread
        default: return Math.round(v)
    }
}

// ------ The connection that this thread holds. The plugin forgets one that the server closed, without closing
// its own end; it keeps one that is dead. Both are put away here, so that no later sample meets them.
def cached = WebsocketSampler.threadLocalCachedConnection
def putAway = {
    def client = vars.getObject('ws_client') ?: cached.get()
    try {
        if (client?.state?.toString() == 'CLOSED_SERVER') client.sendClose(1000, '')   // RFC 6455, 5.5.1: answer it
    } catch (Exception ignored) {
        log.debug('the peer has gone before its close frame was answered')
    }
    client?.dispose()
    cached.remove()
    vars.remove('ws_client')
}

String was = vars.get('ws_at') ?: 'new'
boolean failed = prev != null && !prev.successful
String code = prev?.responseCode ?: ''
def sampler = ctx.previousSampler
long call = number('ws_call'), attempt = number('ws_attempt'), done = number('ws_done')

boolean next = false, retry = false, stop = false
long wait = 0

switch (was) {
    case 'new':
        ['ws_close_code', 'ws_phase', 'ws_id'].each { vars.put(it, '') }
        next = true
        break

    case 'opening':
        putAway()
        if (sampler instanceof OpenWebSocketSampler) {
            vars.put('ws_close_code', code.isInteger() ? code : '')
            retry = true
            attempt++
            stop = attempt > option('max_attempts') || (code in options['give_up'].split(','))
            wait = backoff(attempt - 2)
        } else {    // a step before the opening failed
            done++
            next = true
            vars.put('ws_failures', (number('ws_failures') + 1) as String)
        }
        break

    case 'call':
        boolean closing = sampler instanceof CloseWebSocketSampler
        boolean ioError = code == 'Websocket I/O error' && !prev.responseMessage.endsWith('Read timed out')
        boolean goodbye = code.startsWith('Sampler error: unexpected frame type (close)')
        def client = vars.getObject('ws_client')
        if (failed && !closing && (ioError || goodbye || !client?.connected)) {
            def told = prev.responseMessage =~ /Close frame with status code (\d+)/
            vars.put('ws_close_code', goodbye ? (told.find() ? told.group(1) : '1005') : '1006')
            putAway()
            boolean settled = now - number('ws_opened_ms') >= SETTLED_MS
            boolean first = settled || attempt <= 1
            attempt = settled ? 1 : attempt + 1
            // RFC 6455, 7.2.3: the first reconnect waits a random time, later ones back off.
            wait = first ? Math.round(upTo(options['first'] as double)) : backoff(attempt - 2)
            stop = attempt > option('max_attempts') || options['after_loss'] == 'stop'
            if (options['after_loss'] == 'continue') {
                def step = sampler?.comment =~ /^step (\d+)/
                vars.put('ws_resume', step.find() ? step.group(1) : '1')
            }
            retry = true
            vars.put('ws_again', 'true')
        } else {
            done++
            next = true
            vars.put('ws_failures', (failed && !closing ? number('ws_failures') + 1 : 0) as String)
            long used = number('ws_used') + 1
            vars.put('ws_used', used as String)
            if (failed && !closing || vars.get('ws_last') != 'true' && finished(done, now)) {
                // The call failed on a connection that lives, or the time is over between two calls: say goodbye.
                vars.put('ws_done', done as String)
                vars.put('ws_at', 'closing')
                vars.put('ws_close', 'true')
                return
            }
            if (closing && failed || vars.get('ws_last') == 'true') {
                if (!failed) vars.put('ws_close_code', code)
                putAway()
            }
        }
        break

    case 'closing':
        if (!failed) vars.put('ws_close_code', code)
        putAway()
        next = true
        break
}

if (next) {
    long failures = number('ws_failures')
    attempt = 1
    wait = failures > 0 ? backoff(failures - 1) : 0
    stop = stop || was != 'new' && finished(done, now + wait)
    call = done + 1
} else {
    stop = stop || now + wait >= deadline
}
vars.put('ws_close', 'false')
vars.put('ws_done', done as String)
if (stop) {
    if (retry) log.info('{} gives up after {} attempts, the last ended with {}', ctx.thread.threadName, attempt - 1, code)
    ctx.thread.stop()
    return
}

boolean open = vars.getObject('ws_client') == null
boolean again = vars.get('ws_again') == 'true'
if (open) {
    long conn = number('ws_conn') + 1
    vars.put('ws_conn', conn as String)
    vars.put('ws_attempt', attempt as String)
    vars.put('ws_phase', 'handshake')
    vars.put('ws_used', '0')
    vars.put('ws_at', 'opening')
    String engine = props.computeIfAbsent('jmxgen.engine', { Integer.toHexString(random.nextInt(0x10000)) })
    vars.put('ws_id', [engine, Long.toString((vars.get('TESTSTART.MS') ?: '0') as long, 36),
                       ctx.thread.threadName.tokenize(' ').last(), conn].join('-'))
}
vars.put('ws_wait_ms', wait as String)
vars.put('ws_call', call as String)
vars.put('ws_open', open as String)
vars.put('ws_begin', next as String)                              // a new call: take its data
vars.put('ws_prepare', (open && (next || again)) as String)       // a new connection, not just another attempt
if (next) vars.put('ws_resume', '1')
vars.put('ws_again', 'false')
vars.put('ws_last', (number('ws_used') + 1 >= option('per_connection')
                     || deadline == Long.MAX_VALUE && done + 1 >= option('calls')) as String)
int steps = option('steps')
if (steps) {
    int resume = vars.get('ws_resume') as int
    (1..steps).each { vars.put('ws_do_' + it, (it >= resume) as String) }
}
