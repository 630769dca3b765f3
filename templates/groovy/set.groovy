// Sets a variable. The parameters are NAME=VALUE; the value may hold anything. It leaves no row.
SampleResult.setIgnore()
if (Parameters == 'warm-up') return

int cut = Parameters.indexOf('=')
vars.put(Parameters.substring(0, cut), Parameters.substring(cut + 1))
