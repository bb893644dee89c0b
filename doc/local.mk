# Guides and man pages. One file a line.

dist_doc_DATA =
dist_man_MANS =
