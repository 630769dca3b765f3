// The wait before an attempt to open, in ms: 0 before the first. Parameters: the variables' prefix.
return (vars.get(Parameters.trim() + '_wait') ?: '0') as long
