"""The rules: a rule a function, a family a module. `jmxgen.lint.registry` finds them."""
