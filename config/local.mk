# The example configuration, every key commented; demo/ is what `make demo` runs.

dist_njordconf_DATA =
njorddemodir = $(njordconfdir)/demo
dist_njorddemo_DATA =
