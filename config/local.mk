# The example configuration, every key commented; demo/ is what `make demo` runs. Installed to
# $(sysconfdir)/njord. A file there that was edited is kept: ours is put beside it as NAME.new.

config_files = \
    config/base.yaml \
    config/strategies.yaml

EXTRA_DIST += $(config_files) build/install-config.sh

install-data-local:
	@$(SHELL) '$(top_srcdir)/build/install-config.sh' install '$(srcdir)/config' \
	    '$(DESTDIR)$(njordconfdir)' '$(INSTALL_DATA)' $(config_files)

uninstall-local:
	@$(SHELL) '$(top_srcdir)/build/install-config.sh' uninstall '$(srcdir)/config' \
	    '$(DESTDIR)$(njordconfdir)' '$(INSTALL_DATA)' $(config_files)
