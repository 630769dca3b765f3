
// ------ Backoff: the wait before retry n, from 0, in ms: v = min(cap, base * 2^n), with jitter
// (docs/explanation/jitter.md).
@groovy.transform.CompileStatic
class Backoff {
    private double spread                   // the last wait of decorrelated jitter

    static double upTo(double limit) { java.util.concurrent.ThreadLocalRandom.current().nextDouble() * limit }

    long wait(long n, double base, double cap, String jitter) {
        double v = Math.min(cap, base * Math.pow(2d, (double) Math.min(n, 62L)))
        spread = Math.min(cap, base + upTo(3 * (n == 0 ? base : Math.max(base, spread)) - base))
        switch (jitter) {
            case 'none': return Math.round(v)
            case 'equal': return Math.round(v / 2 + upTo(v / 2))
            case 'decorrelated': return Math.round(spread)
            case 'full': return Math.round(upTo(v))
            default: throw new IllegalArgumentException("jitter $jitter: full, equal, decorrelated or none")
        }
    }
}
