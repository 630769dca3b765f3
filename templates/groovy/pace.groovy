// Runs before each opening and waits for its turn in the handshake rate, which all callers of this engine share.
// It leaves no row.
//
// A caller takes the next free slot (the generic cell rate algorithm: slot = max(last slot + 1/rate, now)) and
// sleeps until then. Threads wake late on a busy machine, several at once at worst: so each also waits until the
// opening before it is as long ago as the rate wants, whatever the slots say.
//
// Parameters (key=value, divided by blanks): rate (openings a second over all engines), engines.
import groovy.transform.CompileStatic
import java.util.concurrent.atomic.AtomicLong
import java.util.function.BooleanSupplier

@CompileStatic
class Pace {
    // Openings are a little further apart than the rate wants, for the network and the server may bring two of
    // them closer together; slots a little more still, so that a late one does not delay all that follow.
    static final double APART = 1.03d
    static final double MARGIN = 1.06d
    static final long LONGEST_SLEEP_MS = 1000      // then it looks whether the test is being stopped

    final AtomicLong slot = new AtomicLong(Long.MIN_VALUE)
    final AtomicLong opened = new AtomicLong(Long.MIN_VALUE)

    void await(double rate, double engines, BooleanSupplier running) {
        double each = 1e9d * Math.max(1d, engines) / rate
        long spacing = Math.round(each * APART)
        long turn = take(slot, Math.round(each * MARGIN), System.nanoTime())
        while (running.asBoolean) {
            long now = System.nanoTime()
            if (now >= turn) {
                long before = opened.get()
                turn = before == Long.MIN_VALUE ? now : before + spacing
                if (now >= turn && opened.compareAndSet(before, now)) return
            }
            long left = (long) Math.ceil((turn - now) / 1e6d)
            if (left > 0) Thread.sleep(Math.min(left, LONGEST_SLEEP_MS))
        }
    }

    private static long take(AtomicLong last, long spacing, long now) {
        return last.updateAndGet { long it -> it == Long.MIN_VALUE ? now : Math.max(it + spacing, now) }
    }
}

SampleResult.setIgnore()
if (Parameters == 'warm-up') {
    props.put('jmxgen.pace', new Pace())
} else {
    def (rate, engines) = args.collect { it.substring(it.indexOf('=') + 1) as double }
    def thread = ctx.thread
    props.computeIfAbsent('jmxgen.pace', { new Pace() }).await(rate, engines, { thread.running } as BooleanSupplier)
}
