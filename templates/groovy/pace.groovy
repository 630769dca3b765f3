// Runs before each opening: takes the next free slot of the handshake rate, shared by all callers of this engine
// (the generic cell rate algorithm: slot = max(last slot + 1/rate, now)). It leaves no row.
//
// Parameters (key=value, divided by blanks): rate (openings a second over all engines), engines. Sets ws_slot_ms.
import groovy.transform.CompileStatic
import java.util.concurrent.atomic.AtomicLong

@CompileStatic
class Pace {
    // Threads wake a little late, some more than others: slots stand 5 % wider than the rate, so that an opening
    // that comes late and the one after it still fall within the rate.
    static final double MARGIN = 1.05d

    static long millisecondsToSlot(Properties props, double rate, double engines) {
        long interval = Math.round(1e9d * MARGIN * Math.max(1d, engines) / rate)
        AtomicLong last = (AtomicLong) props.computeIfAbsent('jmxgen.slot') { new AtomicLong(System.nanoTime() - interval) }
        long now = System.nanoTime()
        long slot = last.updateAndGet { long it -> Math.max(it + interval, now) }
        return Math.round(Math.ceil((slot - now) / 1e6d))
    }
}

SampleResult.setIgnore()
if (Parameters != 'warm-up') {
    def (rate, engines) = args.collect { it.substring(it.indexOf('=') + 1) as double }
    vars.put('ws_slot_ms', Pace.millisecondsToSlot(props, rate, engines) as String)
}
