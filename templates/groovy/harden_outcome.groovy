// After each attempt to open: decides whether there is another one, and how long it waits (full jitter).
// Parameters: the variables' prefix, the attempts in all, base and cap of the backoff in ms, the codes to give up on.
// The loop around the opener reads the variable of that name: see its condition.
def (name, attempts, base, cap, giveUp) = Parameters.split(' ') as List

// A handshake that failed leaves no byte; a sample that failed later had its connection, and is not repeated.
boolean opened = sampleResult.successful || sampleResult.bytesAsLong > 0
boolean hopeless = sampleResult.responseCode == 'Sampler error' || sampleResult.responseCode in giveUp.split(',')
long attempt = ((vars.get(name + '_attempt') ?: '0') as long) + 1
boolean again = !opened && !hopeless && attempt < (attempts as long)

if (opened) {
    def connection = new Connection()
    connection.opened()
    vars.putObject('jmxgen_connection', connection)
}
long wait = again ? new Backoff().wait(attempt - 1, base as double, cap as double, 'full') : 0
vars.put(name + '_wait', wait as String)
vars.put(name + '_attempt', again ? attempt as String : '0')
vars.put(name, again ? 'again' : 'done:' + vars.iteration)
// The row stays a failure; but an action after an error must not leave the loop before the last attempt.
if (again) vars.put('JMeterThread.last_sample_ok', 'true')

{% include "connection.groovy" %}
{% include "backoff.groovy" %}
