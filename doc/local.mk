# Guides and man pages. One file a line.

dist_doc_DATA = \
    doc/contracts.md
dist_man_MANS =
