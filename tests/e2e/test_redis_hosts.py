#!/usr/bin/env python3
"""Two hosts on one Redis: one has feeds and strategies, the other risk and the broker. Every intent gets one decision, every allowed
order its fill, both hosts hold the same positions, nothing is done twice, also when Redis is killed in between; an order that risk has not
let through is not obeyed whoever sends it."""
import struct
import sys
from fractions import Fraction

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import redisserver  # noqa: E402
from livehost import LiveHost, Tail, flow, wait  # noqa: E402
from njordtest import check, equal, skip  # noqa: E402

FRONT = """
feeds:
  - {id: market, plugin: simmarket, params: {seed: 5, duration: 3650d, speed: 5000}}
risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000, orders_per_min_cap: 1000000000, kill_switch_file: "%s"}
journal: {topics: []}
brokers:
  - {id: paper, plugin: paper, params: {cash: {USDT: 1000000000}, slippage_bps: 2}}
symbols:
  ATOM/USDT: {tick: 0.001, step: 0.01}
services: [%s]
"""
STRATEGY = """
strategies:
  - {id: busy, plugin: busy, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {how: %s, qty: 0.3}}
"""


def make(name, services, url, how="market"):
    strategies = STRATEGY % how if "strategies" in services else ""
    host = LiveHost(strategies=strategies, clock="wall", at_end="wait", level="info", env="paper\n  name: %s" % name)
    host.write("base.yaml", host.text() + FRONT % (host.path("halt"), services) + 'bus: {url: "%s"}\n' % url)
    return host.plugins("busy")


def of(host, contract):
    return flow(host.journal("orders"), contract)


def position(host):
    """(units, from its fills, in exact fractions)."""
    total = Fraction(0)
    for fill in host.journal("fills.ATOMUSDT"):
        total += Fraction(repr(fill["qty"])) * (1 if fill["side"] == "buy" else -1)
    return total


def held(host):
    """What the host itself says it holds for the strategy."""
    rows = [row for row in host.ask("positions")["positions"] if row["strategy_id"] == "busy"]
    return Fraction(repr(rows[0]["qty"])) if rows else Fraction(0)


def settled(front, back):
    """Both hosts have heard of everything: every intent decided on both sides, every allowed order ended on both."""
    sides = []
    for host in (front, back):
        orders = host.journal("orders")
        sides.append((len(flow(orders, "OrderIntent")), len(flow(orders, "RiskDecision")), len(host.journal("fills.ATOMUSDT"))))
    return sides[0] == sides[1] and sides[0][0] == sides[0][1] and not front.status()["trading"]["open_orders"]


def everything_once(front, back, refusals=("ok",)):
    intents = [line["intent_id"] for line in of(front, "OrderIntent")]
    equal(len(set(intents)), len(intents), "intents have ids of their own")
    for host, name in ((front, "front"), (back, "back")):
        seen = [line["intent_id"] for line in of(host, "OrderIntent")]
        equal((len(seen), sorted(set(seen))), (len(intents), sorted(intents)), "intents in the journal of the %s host" % name)
        decided = [line["intent_id"] for line in of(host, "RiskDecision")]
        equal((len(decided), sorted(set(decided))), (len(intents), sorted(intents)), "decisions in the journal of the %s host" % name)
    decisions = of(back, "RiskDecision")
    check({line["reason"] for line in decisions} <= set(refusals), "reasons: %s" % {line["reason"] for line in decisions})
    allowed = sorted(line["intent_id"] for line in decisions if line["allowed"])
    requests = [line["client_order_id"] for line in of(back, "BrokerOrderReq")]
    equal(sorted(requests), allowed, "orders sent")
    filled = [line["intent_id"] for line in back.journal("fills.ATOMUSDT")]
    equal(sorted(filled), allowed, "orders filled, each once")
    equal(sorted(line["intent_id"] for line in front.journal("fills.ATOMUSDT")), allowed, "fills that the front host heard of")
    equal(of(front, "BrokerOrderReq"), [], "orders that the front host sent")
    total = position(back)
    equal(position(front), total, "the fills of both hosts sum to the same")
    return len(intents), total


def trading():
    with LiveHost() as scratch, redisserver.Redis(scratch.dir) as redis:
        with make("front", "feeds, strategies, journal", redis.url) as front, make("back", "risk, broker, journal", redis.url) as back:
            back.start()
            front.start()
            filled = Tail(back, "fills.ATOMUSDT")
            wait(lambda: filled.more() and len(filled.lines) >= 100, "a hundred fills")
            front.ask("disable", id="busy")
            wait(lambda: settled(front, back), "both hosts to settle")
            n, total = everything_once(front, back)
            equal((held(front), held(back)), (total, total), "positions that the hosts hold")

            # an order that no decision stands behind, from someone who reached Redis
            placed = back.status()["trading"]["placed"]
            forged = dict(of(front, "OrderEvent")[0], intent_id="forged-1")
            done = front.njord("publish", "orders.accepted", "--bus", redis.url, text_in="")
            check(done.returncode == 2 or done.returncode == 1, "njord publish takes no orders: %r" % done.stderr)
            payload = msgpack({key: value for key, value in forged.items() if key not in ("contract", "seq")})
            equal(redis.cli("publish", "orders.accepted", data=payload), "2", "hosts that hear the forged order")
            wait(lambda: [line for line in back.log("not_allowed") if line["intent_id"] == "forged-1"], "the forged order to be refused")
            equal(back.status()["trading"]["placed"], placed, "orders placed")
            for host in (front, back):
                host.stop()
            print("two hosts: %d intents, position %s on both" % (n, float(total)))


def redis_dies():
    with LiveHost() as scratch, redisserver.Redis(scratch.dir) as redis:
        with make("front", "feeds, strategies, journal", redis.url) as front, make("back", "risk, broker, journal", redis.url) as back:
            back.start()
            front.start()
            filled = Tail(back, "fills.ATOMUSDT")
            wait(lambda: filled.more() and len(filled.lines) >= 50, "fifty fills")
            for _ in range(2):
                redis.kill()
                wait(lambda: not front.status()["bus"]["connected"] and not back.status()["bus"]["connected"], "the loss to be noticed")
                wait(lambda: len(of(front, "OrderIntent")) > len(of(back, "OrderIntent")) + 5, "intents that wait for Redis")
                redis.start()
                wait(lambda: front.status()["bus"]["connected"] and back.status()["bus"]["connected"], "the hosts to come back")
                seen = len(filled.lines)
                wait(lambda: filled.more() and len(filled.lines) >= seen + 20, "orders to flow again")
            front.ask("disable", id="busy")
            wait(lambda: settled(front, back), lambda: "both hosts to settle: %s" % [
                (len(of(h, "OrderIntent")), len(of(h, "RiskDecision")), len(h.journal("fills.ATOMUSDT")), h.status()["trading"])
                for h in (front, back)])
            n, total = everything_once(front, back, ("ok", "stale_intent", "halted"))
            equal((held(front), held(back)), (total, total), "positions that the hosts hold")
            for host, name in ((front, "front"), (back, "back")):
                told = [line["event"] for line in host.journal("host.plugins") if line["event"] in ("bus_lost", "bus_back")]
                equal(told, ["bus_lost", "bus_back"] * 2, "what the %s host announced" % name)
                host.stop()
            print("Redis killed twice: %d intents, nothing lost, nothing twice, position %s on both" % (n, float(total)))


def stale():
    """What had to wait longer than max_intent_age_ms is refused, not traded late."""
    with LiveHost() as scratch, redisserver.Redis(scratch.dir) as redis:
        with make("front", "feeds, strategies, journal", redis.url) as front, make("back", "risk, broker, journal", redis.url) as back:
            for host in (front, back):
                host.write("base.yaml", host.text().replace("orders_per_min_cap:", "max_intent_age_ms: 200, orders_per_min_cap:"))
            back.start()
            front.start()
            wait(lambda: len(of(back, "RiskDecision")) > 5, "orders to flow")
            redis.kill()
            wait(lambda: not front.status()["bus"]["connected"], "the loss to be noticed")
            begun = len(of(front, "OrderIntent"))
            wait(lambda: len(of(front, "OrderIntent")) > begun + 3, "intents that wait")
            first = of(front, "OrderIntent")[begun]
            now = lambda: front.ask("status")["now_ns"]  # noqa: E731
            wait(lambda: now() > first["ts_ns"] + 10**9, "the first of them to grow old")
            redis.start()
            decided = lambda: [line for line in of(front, "RiskDecision") if line["intent_id"] == first["intent_id"]]  # noqa: E731
            wait(decided, "its decision")
            equal([(line["allowed"], line["reason"]) for line in decided()], [(False, "stale_intent")], "the decision on an old intent")
            for host in (front, back):
                host.stop()


def msgpack(value):
    """The few types that an order has."""
    if isinstance(value, dict):
        return bytes([0x80 | len(value)] if len(value) < 16 else [0xde, 0, len(value)]) + b"".join(msgpack(k) + msgpack(v)
                                                                                                   for k, v in value.items())
    if isinstance(value, str):
        data = value.encode()
        return bytes([0xd9, len(data)]) + data
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xd3" + value.to_bytes(8, "big", signed=True)
    return b"\xcb" + struct.pack(">d", value)


def main():
    if not redisserver.is_there():
        skip("no redis-server, redis-cli")
    for part in (trading, redis_dies, stale):
        part()
    print("two hosts on one Redis: ok")


main()
