#!/usr/bin/env python3
"""Live equals backtest: a host (clock: events, paper broker, one strategy) over simulated trades, then njord backtest over what it
recorded. Identical intents, ids, decisions with the values compared, orders, fills; the journals of both are the same bytes. Every
shipped strategy, every kind of order, fees apart, slippage, several markets, timers, several seeds."""
import collections
import json
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import PLUGINS, check, equal  # noqa: E402
from livetwice import BOTH, backtest, entry, host_of, identical, run, same_journals  # noqa: E402

# ---- every strategy that is shipped, with what it takes
SHIPPED = {
    "trendline_break": entry("trendline_break", "{lookback_periods: 100, breakout_threshold: 0.0008, qty: 0.002}"),
    "rsi_tema_bb": entry("rsi_tema_bb", "{rsi_period: 20, bb_period: 20, bb_std: 1.2, rsi_oversold: 45, rsi_overbought: 55, qty: 0.001}"),
    "ma_cross": entry("ma_cross", "{fast: 3, slow: 8, qty: 0.01}", events=("md.ohlcv.1m.*",)),
    "buy_hold": entry("buy_hold", "{qty: 0.5}"),
}
found = {name[:-3] for name in os.listdir(os.path.join(PLUGINS, "strategies")) if name.endswith(".so")}
equal(found, set(SHIPPED), "every shipped strategy is compared here")
for plugin, strategy in SHIPPED.items():
    for seed in (7, 11):
        with host_of([strategy], seed=seed) as one:
            identical("%s, seed %d" % (plugin, seed), one)

# the rules as they are shipped, and the same by options of one's own: what the guide shows
with host_of([SHIPPED["trendline_break"]], risk="{}") as one:
    identical("the rules' defaults", one)
    plain = backtest(one, "--strategy", "trendline_break_v1", "--input", "trades", "--risk", "--costs", "paper", "--capital", "50000",
                     "--journal-dir", one.path("log"), "--journal", one.path("plain"), "--output", one.path("out"))
    equal(plain.returncode, 0, "the same by options (%s)" % plain.stderr)
    same_journals(one, one.path("plain"), "by options")
    apart = backtest(one, "--strategy", "trendline_break_v1", "--input", "trades", "--risk", "--maker", "0.0004", "--taker", "0.001",
                     "--slippage", "3", "--capital", "50000", "--journal-dir", one.path("log"), "--journal", one.path("apart"),
                     "--output", one.path("out"))
    equal(apart.returncode, 0, "the same by figures (%s)" % apart.stderr)
    same_journals(one, one.path("apart"), "by figures")

# over bars the order flow is written down too: the fills of the result, and no broker between
with host_of([SHIPPED["ma_cross"]]) as one:
    run(one)
    bars = backtest(one, "--strategy", "ma_cross_v1", "--timeframe", "1m", "--journal-dir", one.path("log"), "--journal", one.path("bars"),
                    json_out=True)
    equal(bars.returncode, 0, "over bars (%s)" % bars.stderr)
    with open(one.path("bars", "fills.BTCUSDT.ndjson"), encoding="utf-8") as file:
        fills = [json.loads(line) for line in file]
    wanted = json.loads(bars.stdout)["fills"]
    check(len(fills) > 5, "the run over bars trades")
    equal([(f["side"], f["qty"], f["price"], f["fee"]) for f in fills], [(f["side"], f["qty"], f["price"], f["fee"]) for f in wanted],
          "the fills of the result")
    with open(one.path("bars", "orders.ndjson"), encoding="utf-8") as file:
        flow = [json.loads(line) for line in file]
    equal(collections.Counter(line["contract"] for line in flow),
          {"OrderIntent": len(fills), "RiskDecision": len(fills), "OrderEvent": len(fills), "BrokerOrderUpdate": 2 * len(fills),
           "BrokerFill": len(fills)}, "the steps of each order")

# ---- every kind of order: limits, IOC, FOK, cancels, expiry by timers, orders of one breath
for seed in (3, 5):
    with host_of([entry("haggler", "{qty: 0.01}", events=("md.trades.*", "md.ohlcv.5m.*"))], seed=seed) as one:
        flow = identical("every kind of order, seed %d" % seed, one, 50)
    ends = collections.Counter(line["status"] for line in flow if line["contract"] == "BrokerOrderUpdate")
    liquidity = {line["liquidity"] for line in flow if line["contract"] == "BrokerFill"}
    check({"filled", "canceled", "expired", "rejected"} <= set(ends), "orders end in each way: %s" % ends)
    equal(liquidity, {"maker", "taker"}, "both kinds of fills")
with host_of([entry("haggler", "{qty: 0.02}", symbols=BOTH, events=("md.*",))], symbols=BOTH) as one:
    identical("two markets, all bars", one, 50)
with host_of([entry("haggler", "{qty: 0.02}", events=("md.trades.*",))], symbols=BOTH) as one:
    identical("a market that the host has and the strategy has not", one, 50)
with host_of([entry("haggler", "{qty: 0.01}", events=("md.ohlcv.*", "md.trades.*"))],
             more="ohlcv: {timeframes: [30s, 2m], gap_fill: false}\n") as one:
    identical("other bars, none filled", one)
with host_of([entry("haggler", "{qty: 0.01}")], more="services: [feeds, strategies, risk, broker, journal]\n") as one:
    identical("a host without bars", one)
for seed in (1, 2):
    with host_of([entry("metronome", "{qty: 0.01, every: 20s}", symbols=BOTH, events=("md.trades.*", "md.ohlcv.1m.*"))],
                 symbols=BOTH, seed=seed) as one:
        identical("timers and chance, seed %d" % seed, one, 50)
with host_of([entry("earlybird")], minutes=60) as one:
    flow = identical("timers and orders of the start", one, 50)
    begun = one.journal("md.trades.BTCUSDT")[0]["ts_recv_ns"]
beats = sorted({line["ts_ns"] for line in flow if line["contract"] == "OrderIntent"} - {0})
equal(beats, [begun + 15 * 10**9 * k for k in range(1, len(beats) + 1)], "beats count from the first event")

# ---- the machine's clock: what follows from trades and fills alone
for plugin, strategy in (("trendline_break", SHIPPED["trendline_break"]), ("haggler", entry("haggler", "{qty: 0.01, expiry: 10h}"))):
    with host_of([strategy], minutes=60, clock="wall") as one:
        identical("clock: wall, %s" % plugin, one)
