# Guides and man pages. One file a line.

dist_doc_DATA = \
    doc/architecture.md \
    doc/column-cache.md \
    doc/configuration.md \
    doc/contracts.md \
    doc/control.md \
    doc/feeds.md \
    doc/metrics.md \
    doc/njord-compress.service \
    doc/njord-compress.timer \
    doc/njord-host.service \
    doc/operator-guide.md \
    doc/peers.md \
    doc/plugin-guide.md \
    doc/principles.md \
    doc/research.md \
    doc/risk.md \
    doc/semantics.md \
    doc/what-works.md
docimgdir = $(docdir)/img
dist_docimg_DATA = \
    doc/img/flow.svg \
    doc/img/report-dark.png \
    doc/img/report.png \
    doc/img/sweep-dark.png \
    doc/img/sweep.png \
    doc/img/walk-forward-dark.png \
    doc/img/walk-forward.png
dist_man_MANS = \
    doc/man/njord-backtest.1 \
    doc/man/njord-compare.1 \
    doc/man/njord-compress.1 \
    doc/man/njord-ctl.1 \
    doc/man/njord-data.1 \
    doc/man/njord-kill.1 \
    doc/man/njord-metrics.1 \
    doc/man/njord-ohlcv.1 \
    doc/man/njord-plugin.1 \
    doc/man/njord-publish.1 \
    doc/man/njord-replay.1 \
    doc/man/njord-report.1 \
    doc/man/njord-sweep.1 \
    doc/man/njord-tail.1 \
    doc/man/njord.1 \
    doc/man/njord-host.8 \
    doc/man/njord.7 \
    doc/man/njord.yaml.5

# The reference of all keys is made from the table in host/config/schema.c, that of the metrics from
# host/backtest/metrics_table.c; kept in the tree, tests compare.
EXTRA_PROGRAMS += doc/mkreference
doc_mkreference_LDADD = $(HOST_LIBS)
CLEANFILES += doc/mkreference$(EXEEXT)

.PHONY: reference
reference: doc/mkreference$(EXEEXT)
	@$(MKDIR_P) '$(srcdir)/doc/man'
	./doc/mkreference page >'$(srcdir)/doc/configuration.md'
	./doc/mkreference manual >'$(srcdir)/doc/man/njord.yaml.5'
	./doc/mkreference metrics >'$(srcdir)/doc/metrics.md'
