#!/usr/bin/env python3
"""The smallest whole path, worked out by hand: one strategy that buys once, risk, the paper broker, the in-process bus.

Trades of ATOM/USDT at 8.00, 8.10, 8.25. buy_hold wants 2 units from the first price on: a market order at the last price, 8.00,
with 10 basis points against it: 8.00 * 1.001 = 8.008. Fee 0.1 % of 2 * 8.008 = 16.016: 0.016016. The position is 2 at 8.008; its
unrealized profit at the fill's moment, at the last price 8.00, is 2 * (8.00 - 8.008) = -0.016.
"""
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordtest import Host, check, equal  # noqa: E402

TRADES = """symbol,price,qty,side,ts_ns,trade_id,venue
ATOM/USDT,8.00,5,buy,1700000000000000000,1,hand
ATOM/USDT,8.10,1,buy,1700000001000000000,2,hand
ATOM/USDT,8.25,2,sell,1700000002000000000,3,hand
"""

EXTRA = """
feeds:
  - id: hand
    plugin: playback
    params: {{files: "{path}", venue: hand}}
brokers:
  - id: paper
    plugin: paper
    params: {{cash: {{USDT: 1000}}, maker: 0.001, taker: 0.001, slippage_bps: 10}}
symbols:
  ATOM/USDT: {{tick: 0.01, step: 0.01}}
"""

STRATEGIES = """
strategies:
  - {id: holder, plugin: buy_hold, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {qty: 2}}
"""


def run():
    with Host(strategies=STRATEGIES) as host:
        base = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", base + EXTRA.format(path=host.write("trades.csv", TRADES)))
        start = time.monotonic()
        done = host.run()
        took = time.monotonic() - start
        equal(done.returncode, 0, "exit code (%s)" % done.stderr)
        equal(done.stderr, "", "standard error")
        return host.journals(), host.journal("orders"), host.journal("fills.ATOMUSDT"), host.journal("positions.ATOMUSDT"), took


def main():
    first, orders, fills, positions, took = run()
    second = run()[0]
    equal(sorted(first), sorted(second), "journals of two runs")
    for name, data in first.items():
        check(data == second[name], "%s differs between two runs" % name)

    order = [line["contract"] for line in orders]
    equal(order[:5], ["OrderIntent", "RiskDecision", "OrderEvent", "BrokerOrderReq", "BrokerOrderAck"], "the flow's order")
    equal([line["seq"] for line in orders], sorted(line["seq"] for line in orders), "orders.ndjson goes by seq")
    check(order.count("OrderIntent") == 1 and order.count("BrokerFill") == 1, "one intent, one fill: %s" % order)

    intent, decision, accepted, request = orders[:4]
    equal((intent["strategy_id"], intent["side"], intent["type"], intent["qty"]), ("holder", "buy", "market", 2), "the intent")
    equal(intent["ts_ns"], 1700000000000000000, "an intent carries the time of its cause")
    equal((decision["allowed"], decision["reason"]), (True, "ok"), "the decision")
    equal(decision["caps"]["reference_price"], 8, "the price it was valued at")
    equal((accepted["venue"], accepted["qty"]), ("paper", 2), "the order")
    equal(request["client_order_id"], intent["intent_id"], "the client order id is the intent id")

    equal(len(fills), 1, "fills")
    fill = fills[0]
    equal((fill["qty"], fill["price"], fill["fee"], fill["liquidity"]), (2, 8.008, 0.016016, "taker"), "the fill")
    equal(fill["fill_id"], "paper-ATOMUSDT-%s-1" % intent["intent_id"], "the fill's id")

    equal([p["strategy_id"] for p in positions], ["holder", "*"], "a snapshot of the strategy, then of the account")
    for p in positions:
        equal((p["qty"], p["avg_price"], p["realized_pnl"], p["fees_paid"]), (2, 8.008, 0, 0.016016), "the position")
        check(abs(p["unrealized_pnl"] + 0.016) < 1e-12, "unrealized: %r" % p["unrealized_pnl"])

    # decision, order, fill, position stand in this order
    seqs = [decision["seq"], accepted["seq"], fill["seq"], positions[0]["seq"]]
    equal(seqs, sorted(seqs), "decision, order, fill, position")
    check(took < 1.0 or "fsanitize" in __import__("os").environ.get("NJORD_INSTRUMENT", ""), "took %.2f s" % took)
    print("smallest path: ok")


main()
