// The wait before an attempt to open, in ms: that of the backoff, drawn after the last refusal. Before the first
// attempt none; but after a lost connection a random one up to base (RFC 6455, 7.2.3), so that callers that lost
// theirs together do not come back together. Parameters: the variables' prefix, base in ms.
def (name, base) = Parameters.split(' ') as List
boolean first = (vars.get(name + '_attempt') ?: '0') == '0'
if (first) {
    boolean lost = prev?.successful == false && ctx.previousSampler?.class?.name?.startsWith('eu.luminis.')
    vars.put(name + '_wait', Math.round(lost ? Backoff.upTo(base as double) : 0d) as String)
}
return vars.get(name + '_wait') as long

{% include "backoff.groovy" %}
