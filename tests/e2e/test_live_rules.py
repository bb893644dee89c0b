#!/usr/bin/env python3
"""Live equals backtest where rules refuse: rules so tight that each of them speaks, with the values that it compared, and over a
recorded day, with trades that came late, twice, or not at all. The journals of host and backtest are the same bytes."""
import collections
import json
import os
import random
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import DATA, check  # noqa: E402
from livetwice import BOTH, FREE, PAPER, SIMULATED, entry, host_of, identical  # noqa: E402

# ---- every rule refuses
TIGHT = [
    ("caps", "{qty: 0.01, rude: true, every: 5}", 50000, PAPER,
     "{per_order_usd_cap: 2500, daily_loss_usd_cap: 6, orders_per_min_cap: 20, price_collar_pct: 5, duplicate_window_ms: 2000,"
     " stale_price_ms: 3000, allow_short: false, max_open_orders: 4}",
     {"per_order_usd_cap", "daily_loss_usd_cap", "price_collar_pct", "duplicate", "stale_price", "allow_short", "unknown_symbol",
      "malformed", "below_min_qty"}),
    ("rates", "{qty: 0.003, rude: true, every: 3}", 50000, PAPER,
     "{per_order_usd_cap: 10000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 6, max_open_orders: 3, max_position_usd: 500}",
     {"orders_per_min_cap", "max_open_orders", "max_position_usd"}),
    ("cash", "{qty: 0.02, rude: true, every: 3}", 1500, "{cash: {USDT: 1200}, maker: 0.0004, taker: 0.001, slippage_bps: 3}",
     "{per_order_usd_cap: 10000000, daily_loss_usd_cap: 1000000, orders_per_min_cap: 1000}",
     {"insufficient_cash", "no_reference_price"}),
    ("sizes", "{qty: 0.00008, rude: true}", 1000000, "{cash: {USDT: 1000000}, maker: -0.0001, taker: 0.001, slippage_bps: 0}", FREE,
     {"below_min_notional", "above_max_qty", "below_min_qty"}),
]
seen = set()
for label, params, capital, broker, rules, expected in TIGHT:
    # over midnight: the day's loss begins anew, journals are rotated
    night = SIMULATED.replace("trades_per_day", 'start: "2025-01-06T22:30:00Z", trades_per_day') % (json.dumps(BOTH), 7, 180)
    with host_of([entry("haggler", params, symbols=BOTH, capital=capital)], risk=rules, broker=broker, symbols=BOTH, feed=night) as one:
        flow = identical("tight rules: %s" % label, one, 0)
    reasons = collections.Counter(line["reason"] for line in flow if line["contract"] == "RiskDecision")
    seen |= set(reasons)
    check(expected <= set(reasons), "%s: each of %s is seen in %s" % (label, sorted(expected), dict(reasons)))
with host_of([entry("haggler", "{qty: 0.01, rude: true}", symbols=BOTH)], symbols=BOTH, feed=SIMULATED % (json.dumps(BOTH[:1]), 7, 60)) as one:
    flow = identical("a market of the strategy that does not trade", one)
check({"no_reference_price"} <= {line.get("reason") for line in flow}, "orders in it have no price")
print("refusals seen: %s" % ", ".join(sorted(seen - {"ok"})))

# ---- a real day
CAPTURE = os.path.join(DATA, "trades", "btcusdt-spot-20240808.txt.gz")
if os.path.exists(CAPTURE):
    played = "{id: played, plugin: playback, symbols: [BTC/USDT], params: {files: \"%s\"}}" % CAPTURE
    with host_of([entry("trendline_break", "{lookback_periods: 200, breakout_threshold: 0.0003, qty: 0.002}")], feed=played) as one:
        identical("a recorded day", one)
    with host_of([entry("haggler", "{qty: 0.001, every: 31}", events=("md.trades.*", "md.ohlcv.1m.*"))], feed=played) as one:
        identical("a recorded day, every kind of order", one, 50)
else:
    print("a recorded day: not tried, no %s" % CAPTURE)

# ---- a source that loses, repeats and delays trades: bars are left out, ids are told of, the clock never goes back
with host_of([entry("haggler", "{qty: 0.01, every: 5}", events=("md.trades.*", "md.ohlcv.*"))], feed="", minutes=0) as one:
    chance, price, at, number = random.Random(17), 40000.0, 1700000000123000000, 1000
    with open(one.path("bad.ndjson"), "w", encoding="utf-8") as file:
        for i in range(4000):
            price += chance.choice((-1, 1)) * chance.randrange(400) / 100
            at += chance.randrange(2000000000)
            number += chance.randrange(2, 30) if i % 97 == 0 else 1
            late = chance.randrange(5000000000) if i % 13 == 0 else 0
            line = json.dumps({"symbol": "BTC/USDT", "price": round(price, 2), "qty": chance.randrange(1, 900) / 1000,
                               "side": chance.choice(("buy", "sell")), "ts_ns": at - late, "trade_id": str(number), "venue": "leaky"})
            file.write((line + "\n") * (2 if i % 31 == 0 else 1))
    one.write("base.yaml", one.text().replace("feeds: []", "feeds: [{id: leaky, plugin: playback, symbols: [BTC/USDT], params: {files: %s}}]"
                                              % one.path("bad.ndjson")))
    identical("a source with holes, doubles and late trades", one, 50)
    check(len(one.journal("md.trades.BTCUSDT")) == 4000, "doubles are dropped")
