
// ------ Writes: what goes out, as long as the server reads. Once the buffers between are full, a write in Java waits for
// ever, and no sampler can be stopped. So where nothing more went out for six times read_timeout, the connection is given
// up: systems that hold megabytes let a writer go on only when a third of them is gone, which a slow server takes long for.
import java.util.concurrent.ConcurrentHashMap

@CompileStatic
class Writes extends OutputStream {
    private static final int PIECE = 8192       // progress is seen piece by piece
    private static final int TIMES = 6
    private static final Set<Writes> OPEN = ConcurrentHashMap.newKeySet()
    private static Thread watch

    private final OutputStream wire
    private final Socket socket
    private final long patience
    private volatile long since                 // when the piece that is being written was begun; 0: none is
    private volatile boolean givenUp

    Writes(OutputStream wire, Socket socket, long milliseconds) {
        this.wire = wire
        this.socket = socket
        patience = TIMES * milliseconds * 1_000_000L
        watched(this)
    }

    void write(int one) { write([(byte) one] as byte[], 0, 1) }

    void write(byte[] bytes, int offset, int length) {
        try {
            for (int from = offset, last = offset + length; from < last; from += PIECE) {
                since = System.nanoTime() | 1L
                wire.write(bytes, from, Math.min(PIECE, last - from))
            }
        } catch (IOException error) {
            throw givenUp ? new SocketTimeoutException('Write timed out') : error
        } finally {
            since = 0
        }
    }

    void flush() { wire.flush() }

    void close() { wire.close() }

    // ------ One thread looks after all of them
    private static void watched(Writes added) {
        synchronized (OPEN) {
            OPEN.add(added)
            if (watch?.alive) return
            watch = new Thread({ watchAll() } as Runnable, 'jmxgen: writes')
            watch.daemon = true
            watch.start()
        }
    }

    private static void watchAll() {
        for (;;) {
            Thread.sleep(500)
            synchronized (OPEN) {
                OPEN.removeIf { Writes each -> each.over() }
                if (!OPEN.empty) continue
                watch = null
                return
            }
        }
    }

    private boolean over() {
        long begun = since
        if (!socket.closed && (begun == 0 || System.nanoTime() - begun < patience)) return false
        givenUp = !socket.closed
        try {
            socket.setSoLinger(true, 0)         // TLS would wait for the write to end before it says goodbye
            socket.close()
        } catch (IOException ignored) { }       // it is closed
        return true
    }
}
