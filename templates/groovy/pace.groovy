// Runs before each opening: takes the next free slot of the handshake rate, shared by all callers of this engine
// (the generic cell rate algorithm: slot = max(last slot + 1/rate, now)). It leaves no row.
//
// Parameters (key=value, divided by blanks): rate (openings a second over all engines), engines. Sets ws_slot_ms.
import java.util.concurrent.atomic.AtomicLong

SampleResult.setIgnore()
if (Parameters == 'warm-up') return

// Threads wake a little late, some more than others: slots stand 5 % wider than the rate, so that an opening that
// comes late and the one after it still fall within the rate.
final double MARGIN = 1.05d

def options = Parameters.split(' ').collectEntries { def (k, v) = it.split('=', 2) as List; [k, v as double] }
long interval = Math.round(1e9d * MARGIN * Math.max(1d, options.engines) / options.rate)
AtomicLong last = props.computeIfAbsent('jmxgen.slot', { new AtomicLong(System.nanoTime() - interval) })
long now = System.nanoTime()
long slot = last.updateAndGet { Math.max(it + interval, now) }
vars.put('ws_slot_ms', Math.round(Math.ceil((slot - now) / 1e6d)) as String)
