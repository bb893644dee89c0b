# The example configuration, every key commented; demo/ is what `make demo` runs. Installed to
# $(sysconfdir)/njord, its paths below $(localstatedir): who starts the installed host stands in no
# particular folder. A file there that was edited is kept: ours is put beside it as NAME.new.

config_files = \
    config/base.yaml \
    config/strategies.yaml
installed_config = $(config_files:config/%=config/installed/%)

EXTRA_DIST += $(config_files) build/install-config.sh \
    config/demo/base.yaml \
    config/demo/strategies.yaml
CLEANFILES += $(installed_config)

config/installed/%.yaml: config/%.yaml Makefile
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)sed 's|^\( *[a-z_]*: \)var/|\1$(localstatedir)/|' $< >$@

install-data-local: $(installed_config)
	@$(SHELL) '$(top_srcdir)/build/install-config.sh' install config/installed \
	    '$(DESTDIR)$(njordconfdir)' '$(INSTALL_DATA)' $(config_files)

uninstall-local: $(installed_config)
	@$(SHELL) '$(top_srcdir)/build/install-config.sh' uninstall config/installed \
	    '$(DESTDIR)$(njordconfdir)' '$(INSTALL_DATA)' $(config_files)
