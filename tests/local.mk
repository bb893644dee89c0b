# Tests, fuzzers, benchmarks. A new one is one line in the list of its kind.

# What every test may rely on. NJORD_TEST_DATA from outside wins.
TEST_ENV = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
    PYTHON3='$(PYTHON3)' CC='$(CC)' MAKE='$(MAKE)' NJORD_INSTRUMENT='$(INSTRUMENT_CFLAGS)' \
    CK_DEFAULT_TIMEOUT="$${CK_DEFAULT_TIMEOUT:-$(TEST_CASE_SECONDS)}" \
    CK_TIMEOUT_MULTIPLIER="$${CK_TIMEOUT_MULTIPLIER:-$(TEST_CASE_FACTOR)}" \
    NJORD_TEST_DATA="$${NJORD_TEST_DATA:-$(abs_top_srcdir)/../shared/data}"
AM_TESTS_ENVIRONMENT = export $(TEST_ENV);

# The driver adds a time limit (TEST_SECONDS) and prints why a test was skipped.
TEST_EXTENSIONS = .sh .py
TEST_DRIVER = $(SHELL) $(top_srcdir)/build/test-driver.sh
LOG_DRIVER = $(TEST_DRIVER)
SH_LOG_DRIVER = $(TEST_DRIVER)
PY_LOG_DRIVER = $(TEST_DRIVER)
SH_LOG_COMPILER = $(SHELL)
PY_LOG_COMPILER = $(PYTHON3)

# unit/test_MODULE.c: one program a module, linked with the whole host library and Check.
unit_tests = \
    tests/unit/test_abi_layout \
    tests/unit/test_author_headers \
    tests/unit/test_buf \
    tests/unit/test_bus \
    tests/unit/test_cache \
    tests/unit/test_cache_faults \
    tests/unit/test_cache_csv \
    tests/unit/test_cache_order \
    tests/unit/test_codec \
    tests/unit/test_codec_limits \
    tests/unit/test_codec_roundtrip \
    tests/unit/test_columns \
    tests/unit/test_compare \
    tests/unit/test_compress \
    tests/unit/test_compressor \
    tests/unit/test_config \
    tests/unit/test_config_compare \
    tests/unit/test_config_files \
    tests/unit/test_config_memory \
    tests/unit/test_config_params \
    tests/unit/test_config_taken \
    tests/unit/test_contract \
    tests/unit/test_control \
    tests/unit/test_curve \
    tests/unit/test_engine \
    tests/unit/test_engine_runs \
    tests/unit/test_err \
    tests/unit/test_event \
    tests/unit/test_exact \
    tests/unit/test_feeds \
    tests/unit/test_fs \
    tests/unit/test_glob \
    tests/unit/test_import \
    tests/unit/test_indicators \
    tests/unit/test_indicators_drift \
    tests/unit/test_indicators_golden \
    tests/unit/test_instruments \
    tests/unit/test_journal \
    tests/unit/test_journal_faults \
    tests/unit/test_killswitch \
    tests/unit/test_ledger \
    tests/unit/test_ledger_saved \
    tests/unit/test_lines \
    tests/unit/test_loader \
    tests/unit/test_log \
    tests/unit/test_map \
    tests/unit/test_match \
    tests/unit/test_metrics \
    tests/unit/test_mock \
    tests/unit/test_merge \
    tests/unit/test_names \
    tests/unit/test_number \
    tests/unit/test_ohlcv \
    tests/unit/test_ohlcv_breaks \
    tests/unit/test_ohlcv_exact \
    tests/unit/test_ohlcv_service \
    tests/unit/test_orders \
    tests/unit/test_overfit \
    tests/unit/test_pace \
    tests/unit/test_paper \
    tests/unit/test_playback \
    tests/unit/test_playback_folder \
    tests/unit/test_playback_plugin \
    tests/unit/test_quality \
    tests/unit/test_quality_trades \
    tests/unit/test_range \
    tests/unit/test_reader \
    tests/unit/test_reader_rotation \
    tests/unit/test_recorded \
    tests/unit/test_recorded_bars \
    tests/unit/test_recovery \
    tests/unit/test_redis \
    tests/unit/test_reload \
    tests/unit/test_report \
    tests/unit/test_rerun \
    tests/unit/test_risk_limits \
    tests/unit/test_risk_rules \
    tests/unit/test_risk_state \
    tests/unit/test_scan \
    tests/unit/test_scan_csv \
    tests/unit/test_scan_shapes \
    tests/unit/test_rotate \
    tests/unit/test_rotate_faults \
    tests/unit/test_segment \
    tests/unit/test_services \
    tests/unit/test_simmarket \
    tests/unit/test_simmarket_plugin \
    tests/unit/test_simmarket_rng \
    tests/unit/test_snapshot \
    tests/unit/test_space \
    tests/unit/test_standing \
    tests/unit/test_state \
    tests/unit/test_state_map \
    tests/unit/test_strategies \
    tests/unit/test_sweep_report \
    tests/unit/test_target_weights \
    tests/unit/test_timers \
    tests/unit/test_walk \
    tests/unit/test_warmup \
    tests/unit/test_told \
    tests/unit/test_watchdog \
    tests/unit/test_trade_ids \
    tests/unit/test_trial \
    tests/unit/test_yaml

# e2e/: whole programs. Scripts get the environment above.
e2e_tests = \
    tests/e2e/test_abi_fixtures.sh \
    tests/e2e/test_abi_layout.py \
    tests/e2e/test_again.py \
    tests/e2e/test_autogen.sh \
    tests/e2e/test_backtest_golden.py \
    tests/e2e/test_bad_input.py \
    tests/e2e/test_cli.py \
    tests/e2e/test_cli_control.py \
    tests/e2e/test_cli_host.py \
    tests/e2e/test_cli_plugin.py \
    tests/e2e/test_cli_redis.py \
    tests/e2e/test_codec_allocates_nothing.sh \
    tests/e2e/test_column_cache.py \
    tests/e2e/test_compare.py \
    tests/e2e/test_compare_live.py \
    tests/e2e/test_compress.py \
    tests/e2e/test_config_reload.py \
    tests/e2e/test_contract_examples.py \
    tests/e2e/test_contracts_current.sh \
    tests/e2e/test_data.py \
    tests/e2e/test_data_quality.py \
    tests/e2e/test_demo.py \
    tests/e2e/test_docs.py \
    tests/e2e/test_env.py \
    tests/e2e/test_glob_redis.py \
    tests/e2e/test_harness.sh \
    tests/e2e/test_hostile.py \
    tests/e2e/test_isolation.py \
    tests/e2e/test_journal_full.py \
    tests/e2e/test_killswitch.py \
    tests/e2e/test_live_equals_backtest.py \
    tests/e2e/test_live_rules.py \
    tests/e2e/test_market_stats.py \
    tests/e2e/test_metrics.py \
    tests/e2e/test_msgpack_interop.py \
    tests/e2e/test_ohlcv.py \
    tests/e2e/test_oracle.py \
    tests/e2e/test_overfit.py \
    tests/e2e/test_out_of_tree.sh \
    tests/e2e/test_peers.py \
    tests/e2e/test_plugin_exports.sh \
    tests/e2e/test_reader.py \
    tests/e2e/test_redis_hosts.py \
    tests/e2e/test_replay.py \
    tests/e2e/test_report.py \
    tests/e2e/test_rerun.py \
    tests/e2e/test_restart.py \
    tests/e2e/test_rotation.py \
    tests/e2e/test_shown_again.py \
    tests/e2e/test_skip_bad.py \
    tests/e2e/test_smallest_path.py \
    tests/e2e/test_stall.py \
    tests/e2e/test_strategies_golden.sh \
    tests/e2e/test_sweep.py \
    tests/e2e/test_sweep_report.py \
    tests/e2e/test_templates.sh \
    tests/e2e/test_verify.py \
    tests/e2e/test_walk_forward.py \
    tests/e2e/test_walk_report.py \
    tests/e2e/test_warmup.py \
    tests/e2e/test_tree_checks.py \
    tests/golden/indicators/make.py \
    tests/golden/trade/intent_ids.py \
    tests/golden/trade/ledger.py

# plugins/: bad citizens and fixtures, built as plugins/KIND would be; loaded by tests only.
test_plugins = \
    tests/plugins/abort_on_create.so \
    tests/plugins/busy.so \
    tests/plugins/clockwork.so \
    tests/plugins/counter_v1.so \
    tests/plugins/counter_v2.so \
    tests/plugins/create_refuses.so \
    tests/plugins/dice.so \
    tests/plugins/earlybird.so \
    tests/plugins/errors_always.so \
    tests/plugins/flipper.so \
    tests/plugins/haggler.so \
    tests/plugins/floods.so \
    tests/plugins/hang_on_event.so \
    tests/plugins/historian.so \
    tests/plugins/larger_struct.so \
    tests/plugins/leaves_thread.so \
    tests/plugins/load_refuses.so \
    tests/plugins/load_segv.so \
    tests/plugins/metronome.so \
    tests/plugins/missing_symbol.so \
    tests/plugins/moody.so \
    tests/plugins/moody_sync.so \
    tests/plugins/no_callbacks.so \
    tests/plugins/nodelete.so \
    tests/plugins/older_struct.so \
    tests/plugins/peeker.so \
    tests/plugins/puppet.so \
    tests/plugins/recorder.so \
    tests/plugins/recording_broker.so \
    tests/plugins/save_refuses.so \
    tests/plugins/scribbler.so \
    tests/plugins/segv_on_create.so \
    tests/plugins/segv_on_event.so \
    tests/plugins/stalls.so \
    tests/plugins/timer_storm.so \
    tests/plugins/touchy.so \
    tests/plugins/varied.so \
    tests/plugins/wrong_magic.so \
    tests/plugins/wrong_major.so \
    tests/plugins/wrong_pointer_bits.so

# fuzz/fuzz_X.c with seeds in fuzz/corpus/X/; make check plays the seeds, make fuzz looks for more.
fuzz_programs = \
    tests/fuzz/fuzz_capture \
    tests/fuzz/fuzz_config \
    tests/fuzz/fuzz_curve \
    tests/fuzz/fuzz_elf_stamp \
    tests/fuzz/fuzz_import \
    tests/fuzz/fuzz_json \
    tests/fuzz/fuzz_msgpack \
    tests/fuzz/fuzz_recorded \
    tests/fuzz/fuzz_report \
    tests/fuzz/fuzz_scan \
    tests/fuzz/fuzz_scan_csv \
    tests/fuzz/fuzz_segment

# soak/: long ones, a part of each in make check, full size by make soak (NJORD_SOAK=1).
soak_programs = \
    tests/soak/journal_kill \
    tests/soak/reader_memory \
    tests/soak/reader_rotation \
    tests/soak/rotate_kill
# Tests of other kinds that know a full size too.
soak_tests = tests/e2e/test_backtest_golden.py tests/e2e/test_data.py tests/e2e/test_oracle.py tests/unit/test_redis tests/unit/test_reload tests/unit/test_services \
    tests/e2e/test_again.py tests/e2e/test_killswitch.py tests/e2e/test_restart.py \
    tests/e2e/test_shown_again.py

# bench/bench_X.c, run by make bench.
bench_programs = \
    tests/bench/bench_backtest \
    tests/bench/bench_cache \
    tests/bench/bench_codec \
    tests/bench/bench_compress \
    tests/bench/bench_csv \
    tests/bench/bench_host \
    tests/bench/bench_import \
    tests/bench/bench_indicators \
    tests/bench/bench_journal \
    tests/bench/bench_ohlcv \
    tests/bench/bench_recovery \
    tests/bench/bench_replay \
    tests/bench/bench_risk \
    tests/bench/bench_scan \
    tests/bench/bench_sweep

# Distributed whole: scripts, test plugins, and folders of data that tests read from top_srcdir.
# A further file that a test reads or includes (a helper's header, a fixture) is one line here.
EXTRA_DIST += \
    $(e2e_tests) \
    $(test_plugins:.so=.c) \
    tests/.clang-tidy \
    tests/abi \
    tests/e2e/market_trades.c \
    tests/e2e/out_of_tree/buy_once.c \
    tests/fuzz/config.dict \
    tests/fuzz/corpus \
    tests/fuzz/fuzz_codec.h \
    tests/fuzz/json.dict \
    tests/fuzz/scan.dict \
    tests/golden \
    tests/oracle \
    tests/e2e/browser.py \
    tests/e2e/livehost.py \
    tests/e2e/livetwice.py \
    tests/e2e/njordcli.py \
    tests/e2e/njordtest.py \
    tests/e2e/pages.py \
    tests/e2e/redisserver.py \
    tests/peers/compare_peers.py \
    tests/plugins/counter.h \
    tests/plugins/plain.h \
    tests/bench/bench_scan.h \
    tests/bench/simdjson_lines.cc \
    tests/unit/cache_make.h \
    tests/unit/config_load.h \
    tests/unit/engine_run.h \
    tests/unit/ohlcv_make.h \
    tests/unit/reader_run.h \
    tests/unit/risk_make.h \
    tests/unit/ledger_make.h \
    tests/unit/scan_run.h \
    tests/unit/temp_folder.h \
    tests/unit/test_abi_layout_rows.h \
    tests/unit/test_codec_random.h \
    tests/unit/test_indicators_any.h \
    tests/unit/test_main.h \
    tests/unit/trade_make.h

check_LIBRARIES += tests/fuzz/libfuzzmain.a
tests_fuzz_libfuzzmain_a_SOURCES = tests/fuzz/fuzzmain.c

# What several tests share: a platform that fails, folders, a model of journals. For a test that uses
# it: tests_unit_test_X_LDADD = $(SUPPORT_LIBS)
check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_SOURCES = \
    tests/support/faulty_platform.c \
    tests/support/faulty_platform.h \
    tests/support/folder.c \
    tests/support/folder.h \
    tests/support/gzip.c \
    tests/support/gzip.h \
    tests/support/host_rig.c \
    tests/support/host_rig.h \
    tests/support/journal_model.c \
    tests/support/journal_model.h \
    tests/support/lives.c \
    tests/support/lives.h \
    tests/support/order_history.c \
    tests/support/order_history.h \
    tests/support/redis_host.c \
    tests/support/redis_host.h \
    tests/support/redis_server.c \
    tests/support/redis_server.h \
    tests/support/result_text.h \
    tests/support/scan_file.h
SUPPORT_LIBS = tests/support/libsupport.a $(LDADD)
tests_unit_test_config_memory_LDFLAGS = -Wl,--wrap=malloc -Wl,--wrap=calloc \
    -Wl,--wrap=realloc -Wl,--wrap=strdup -Wl,--wrap=open -Wl,--wrap=open64 \
    -Wl,--wrap=read
tests_bench_bench_host_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_scan_LDADD = $(SUPPORT_LIBS)
if SIMDJSON
EXTRA_LIBRARIES = tests/bench/libbenchsimdjson.a
tests_bench_libbenchsimdjson_a_SOURCES = tests/bench/simdjson_lines.cc
tests_bench_libbenchsimdjson_a_CPPFLAGS = $(SIMDJSON_CFLAGS)
tests_bench_libbenchsimdjson_a_CXXFLAGS = -std=c++17 -march=native $(CXXFLAGS)
tests_bench_bench_scan_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_SIMDJSON
tests_bench_bench_scan_LDADD += tests/bench/libbenchsimdjson.a $(SIMDJSON_LIBS) -lstdc++
endif
tests_bench_bench_cache_LDADD = $(SUPPORT_LIBS)
tests_unit_test_cache_LDADD = $(SUPPORT_LIBS)
tests_unit_test_cache_faults_LDADD = $(SUPPORT_LIBS)
tests_unit_test_cache_order_LDADD = $(SUPPORT_LIBS)
tests_unit_test_segment_LDADD = $(SUPPORT_LIBS)
tests_unit_test_reload_LDADD = $(SUPPORT_LIBS)
tests_unit_test_services_LDADD = $(SUPPORT_LIBS)
tests_unit_test_control_LDADD = $(SUPPORT_LIBS)
tests_unit_test_config_files_LDADD = $(SUPPORT_LIBS)
tests_unit_test_feeds_LDADD = $(SUPPORT_LIBS)
tests_unit_test_fs_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_ohlcv_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_recovery_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_import_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_journal_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_replay_LDADD = $(SUPPORT_LIBS)
tests_soak_journal_kill_LDADD = $(SUPPORT_LIBS)
tests_soak_rotate_kill_LDADD = $(SUPPORT_LIBS)
tests_bench_bench_compress_LDADD = $(SUPPORT_LIBS)
tests_soak_reader_memory_LDADD = $(SUPPORT_LIBS)
tests_soak_reader_rotation_LDADD = $(SUPPORT_LIBS)
tests_unit_test_import_LDADD = $(SUPPORT_LIBS)
tests_unit_test_journal_LDADD = $(SUPPORT_LIBS)
tests_unit_test_journal_faults_LDADD = $(SUPPORT_LIBS)
tests_unit_test_names_LDADD = $(SUPPORT_LIBS)
tests_unit_test_redis_LDADD = $(SUPPORT_LIBS)
tests_unit_test_loader_LDADD = $(SUPPORT_LIBS)
tests_unit_test_log_LDADD = $(SUPPORT_LIBS)
tests_unit_test_lines_LDADD = $(SUPPORT_LIBS)
tests_unit_test_reader_LDADD = $(SUPPORT_LIBS)
tests_unit_test_reader_rotation_LDADD = $(SUPPORT_LIBS)
tests_unit_test_scan_LDADD = $(SUPPORT_LIBS)
tests_unit_test_scan_csv_LDADD = $(SUPPORT_LIBS)
tests_unit_test_cache_csv_LDADD = $(SUPPORT_LIBS)
tests_unit_test_recovery_LDADD = $(SUPPORT_LIBS)
tests_unit_test_compress_LDADD = $(SUPPORT_LIBS)
tests_unit_test_compressor_LDADD = $(SUPPORT_LIBS)
tests_unit_test_rotate_LDADD = $(SUPPORT_LIBS)
tests_unit_test_rotate_faults_LDADD = $(SUPPORT_LIBS)
tests_unit_test_ohlcv_service_LDADD = $(SUPPORT_LIBS)
tests_unit_test_warmup_LDADD = $(SUPPORT_LIBS)
tests_unit_test_snapshot_LDADD = $(SUPPORT_LIBS)
tests_unit_test_state_LDADD = $(SUPPORT_LIBS)

# The feeds' pure parts: tests/unit/test_{playback,simmarket}*.
PLAYBACK_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/feeds/playback
PLAYBACK_TEST_LIBS = plugins/feeds/libplayback.a $(LDADD)
SIMMARKET_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/feeds/simmarket
SIMMARKET_TEST_LIBS = plugins/feeds/libsimmarket.a $(LDADD)
tests_unit_test_playback_CPPFLAGS = $(PLAYBACK_TEST_CPPFLAGS)
tests_unit_test_playback_LDADD = $(PLAYBACK_TEST_LIBS)
tests_unit_test_playback_folder_CPPFLAGS = $(PLAYBACK_TEST_CPPFLAGS)
tests_unit_test_playback_folder_LDADD = tests/support/libsupport.a $(PLAYBACK_TEST_LIBS)
tests_fuzz_fuzz_capture_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/src
tests_unit_test_simmarket_CPPFLAGS = $(SIMMARKET_TEST_CPPFLAGS)
tests_unit_test_simmarket_LDADD = $(SIMMARKET_TEST_LIBS)
tests_unit_test_simmarket_rng_CPPFLAGS = $(SIMMARKET_TEST_CPPFLAGS)
tests_unit_test_simmarket_rng_LDADD = $(SIMMARKET_TEST_LIBS)

# Not tests themselves: what scripts of e2e/ drive.
check_PROGRAMS += tests/e2e/cache_pipe tests/e2e/codec_pipe tests/e2e/reader_pipe
check_PROGRAMS += $(unit_tests) $(fuzz_programs) $(soak_programs)
check_DATA += $(test_plugins)
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(test_plugins) $(bench_programs)
TESTS += $(unit_tests) $(e2e_tests) $(soak_programs)
if !FUZZ
TESTS += $(fuzz_programs)
endif

# Undefined on purpose; never unmapped on purpose.
tests/plugins/missing_symbol.so: PLUGIN_DEFS =
tests/plugins/nodelete.so: PLUGIN_LINKFLAGS += -Wl,-z,nodelete

tests/plugins/counter_v1.so tests/plugins/counter_v2.so: tests/plugins/counter.h
tests/plugins/moody_sync.so: tests/plugins/moody.c

tests/plugins/%.so: tests/plugins/%.c sdk/libnjord-sdk.a $(njordinclude_HEADERS)
	@$(MKDIR_P) $(@D)
	$(AM_V_CCLD)$(CC) $(PLUGIN_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(PLUGIN_LINKFLAGS) \
	    $(LDFLAGS) -o $@ $< $(PLUGIN_LIBS)
