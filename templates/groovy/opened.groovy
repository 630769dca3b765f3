// Runs after an opening that succeeded, and tells the gate. It leaves no row.
SampleResult.setIgnore()
if (Parameters != 'warm-up') vars.getObject('ws_gate').opened()
