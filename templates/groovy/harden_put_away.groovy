// Before each attempt to open: ends what is left of the connection before, a dead one above all, so that the sampler
// below does not meet it; and has the plugin close with a frame what a thread still holds when it ends.
Connection.closeAtThreadEnd(props)
// It is of the class Connection of the script that made it.
(vars.getObject('jmxgen_connection') ?: new Connection()).putAway()

{% include "connection.groovy" %}
