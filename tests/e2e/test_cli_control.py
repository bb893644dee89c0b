#!/usr/bin/env python3
"""The control socket of a running host, by hand: who may speak, every request, every kind of nonsense, several callers at once, a
slow one. Whatever is sent, the host goes on."""
import json
import os
import shutil
import socket
import stat
import subprocess
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from njordcli import LIMIT, Caller, Running, trade, until  # noqa: E402
from njordtest import PLUGINS, check, equal  # noqa: E402

STRATEGIES = """
strategies:
  - {id: holder, plugin: buy_hold, symbols: [ATOM/USDT], events: ["md.trades.*"], params: {qty: 2}}
  - {id: crosser, plugin: ma_cross, symbols: [ATOM/USDT], events: ["md.ohlcv.*"]}
  - {id: sleeper, plugin: buy_hold, enabled: false}
  - {id: nobody, plugin: no_such_plugin}
"""


def error_of(answer, part):
    check(answer is not None, "expected a refusal with '%s', the connection was closed" % part)
    check(answer["done"] is True and answer["ok"] is False, "expected a refusal with '%s', found %r" % (part, answer))
    check(part in answer["error"], "expected '%s' in %r" % (part, answer["error"]))
    check("\n" not in answer["error"], "one line")


def only_its_owner(host):
    mode = os.stat(host.path("njord.sock")).st_mode
    check(stat.S_ISSOCK(mode), "a socket")
    equal(stat.S_IMODE(mode), 0o600, "mode of the socket")


def another_user(host):
    """Root may connect whatever the mode says; someone else is refused by his credentials."""
    if os.geteuid() != 0:
        print("another user: not tried, this test does not run as root")
        return
    os.chmod(host.dir, 0o755)
    os.chmod(host.path("njord.sock"), 0o666)
    code = ("import os,socket,sys\nos.setgid(65534); os.setuid(65534)\ns=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
            "print(s.makefile().readline(), end='')")
    done = subprocess.run([sys.executable, "-I", "-c", code, host.path("njord.sock")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=LIMIT, check=False)
    os.chmod(host.path("njord.sock"), 0o600)
    if done.returncode != 0 and not done.stdout:
        print("another user: not tried, python cannot run as one here: %s" % done.stderr.strip().splitlines()[-1:])
        return
    error_of(json.loads(done.stdout), "only the owner of the host and root")


def nonsense(host):
    """Each on a line of its own over one connection: an answer each, the connection stays."""
    cases = [
        (b"", "not JSON"), (b"{", "not JSON"), (b"status", "not JSON"), (b"[1]", "expected a JSON object"), (b"{}", "text 'cmd'"),
        (b'{"cmd":1}', "text 'cmd'"), (b'{"cmd":"nope"}', "no such request"), (b'{"cmd":"status","cmd":"stop"}', "duplicate"),
        (b'{"cmd":"status","more":1}', "no member 'more'"), (b'{"cmd":"enable"}', "'id' must be a text"),
        (b'{"cmd":"enable","id":7}', "'id' must be a text"), (b'{"cmd":"reload","force":"yes"}', "'force' must be true or false"),
        (b'{"cmd":"publish","topic":"md.trades.A/B"}', "'events' must be a list"), (b'{"cmd":"publish","events":[]}', "'topic'"),
        (b"\xff\xfe\x00\x01\x80", "not JSON"), (b'{"cmd":"status\\u0000"}', "not JSON"), (b"\x00", "not JSON"),
        (b'{"cmd":"enable","id":"' + b"x" * 100000 + b'"}', "no plugin of that id"), (b"[" * 100000, "not JSON"),
    ]
    with host.call() as caller:
        for sent, part in cases:
            caller.send(sent + b"\n")
            error_of(caller.line(), part)
        equal(caller.ask(cmd="status")["ok"], True, "the same connection afterwards")
        caller.send(b'{"cmd":"status"}\r\n')
        equal(caller.line()["ok"], True, "lines may end in CR LF")


def too_long(host):
    """2 MiB without a newline: told, then sent away. Half a line and gone: nothing happens."""
    with host.call() as caller:
        try:
            caller.send(b"x" * (2 << 20))
        except (BrokenPipeError, ConnectionResetError):
            pass
        error_of(caller.line(), "longer than 1048576 bytes")
        equal(caller.line(), None, "end of the connection")
    caller = host.call()
    caller.send(b'{"cmd":"stop"')
    caller.close()
    caller = host.call()
    caller.send(b'{"cmd":"stop"')
    caller.sock.shutdown(socket.SHUT_WR)
    equal(caller.line(), None, "half a line is no request")
    caller.close()
    check(host.lives(), "the host lives")


def half_closed(host):
    """As `echo … | nc -U` does: says all, closes its side, still gets every answer."""
    with host.call() as caller:
        caller.send(b'{"cmd":"status"}\n{"cmd":"orders"}\n' + b'{"cmd":"plugins"}\n' * 20)
        caller.sock.shutdown(socket.SHUT_WR)
        answers = []
        while True:
            line = caller.line()
            if line is None:
                break
            answers.append(line)
        equal(len(answers), 22, "answers")
        check("version" in answers[0] and "open" in answers[1] and all("plugins" in a for a in answers[2:]), "in their order")


def never_reads(host):
    """Asks for ever and reads nothing: it has to wait, the host does not."""
    caller = host.call()
    caller.sock.setblocking(False)
    sent = 0
    line = b'{"cmd":"status"}\n' * 1000
    for _ in range(2000):
        try:
            sent += caller.sock.send(line)
        except BlockingIOError:
            if not host.lives():
                break
            if sent > 1 << 20:
                break
    memory = host.call().ask(cmd="status")["process"]["memory_bytes"]
    check(memory < 1 << 30, "memory of the host: %d" % memory)
    caller.close()
    check(host.lives(), "the host lives")


def many_callers(host):
    callers = [host.call() for _ in range(64)]
    answers = []
    for caller in callers:
        caller.send(b'{"cmd":"status"}\n')
    for caller in callers:
        answers.append(caller.line())
    check(all(a["ok"] for a in answers), "64 at once are answered")
    more = host.call()
    error_of(more.line(), "too many callers")
    equal(more.line(), None, "end of the connection")
    for caller in callers:
        caller.close()
    until(host.lives, "there is room again")


def two_tails(host):
    one, two, asks = host.call(), host.call(), host.call()
    before = asks.ask(cmd="status")["bus"]["subscriptions"]
    one.send(b'{"cmd":"tail","glob":"md.trades.*"}\n')
    two.send(b'{"cmd":"tail","glob":"fills.*"}\n')
    until(lambda: asks.ask(cmd="status")["bus"]["subscriptions"] == before + 2, "both are subscribed")
    with host.call() as caller:
        answer = caller.ask(cmd="publish", topic="md.trades.ATOM/USDT", events=[trade(5, ts_ns=1000)])
        equal((answer["published"], answer["malformed"], answer["errors"]), (1, 0, []), "published")
    event = one.line()
    equal((event["topic"], event["event"]["price"], event["event"]["ts_ns"]), ("md.trades.ATOM/USDT", 5, 1000), "the trade")
    fill = two.line()
    equal((fill["topic"], fill["event"]["strategy_id"], fill["event"]["qty"], fill["event"]["price"]), ("fills.new", "holder", 2, 5),
          "its fill")
    one.close()
    two.close()
    until(lambda: asks.ask(cmd="status")["bus"]["subscriptions"] == before, "they end with their callers")
    asks.close()


def slow_tail(host):
    """4 MiB of events that nobody reads: told, dropped, and nobody else is hurt."""
    slow, quick = host.call(), host.call()
    slow.send(b'{"cmd":"tail","glob":"md.*"}\n')
    quick.send(b'{"cmd":"tail","glob":"md.ticker.*"}\n')
    batch = [trade(5, ts_ns=2000) for _ in range(5000)]
    with host.call() as caller:
        for _ in range(12):
            equal(caller.ask(cmd="publish", topic="md.trades.ATOM/USDT", events=batch)["published"], len(batch), "published")
        ticker = json.dumps({"symbol": "ATOM/USDT", "last": 1, "bid": 1, "ask": 2, "volume": 1, "ts_ns": 2001})
        caller.ask(cmd="publish", topic="md.ticker.ATOM/USDT", events=[ticker])
    equal(quick.line()["topic"], "md.ticker.ATOM/USDT", "the other tail goes on")
    until(lambda: any(line.get("event") == "slow_caller_dropped" for line in host.log()), "it is in the log")
    last, seen = None, 0
    while True:
        line = slow.line()
        if line is None:
            break
        last, seen = line, seen + 1
    error_of(last, "too slow")
    check(seen > 1000, "what had been sent before is whole: %d events" % seen)
    quick.close()
    slow.close()
    check(host.lives(), "the host lives")


def publish_checks(host):
    with host.call() as caller:
        error_of(caller.ask(cmd="publish", topic="orders.accepted", events=[]), "only md.* and strat.*")
        error_of(caller.ask(cmd="publish", topic="md.nothing", events=[]), "no such topic")
        answer = caller.ask(cmd="publish", topic="md.trades.ATOM/USDT",
                            events=[trade(5, ts_ns=3000), "{}", 7, trade(5, symbol="BTC/USDT"), '{"symbol":"ATOM/USDT","price":NaN}', "x",
                                    trade(6, ts_ns=3001)])
        equal((answer["published"], answer["malformed"]), (2, 5), "two are good")
        equal([e["line"] for e in answer["errors"]], [2, 3, 4, 5, 6], "lines that are not")
        check("Trade" in answer["errors"][0]["error"], "which contract: %r" % answer["errors"][0])
        check("another symbol" in answer["errors"][2]["error"], "which topic: %r" % answer["errors"][2])


def states(host):
    with host.call() as caller:
        rows = {r["id"]: r for r in caller.ask(cmd="plugins")["plugins"]}
        equal({i: r["state"] for i, r in rows.items()},
              {"holder": "running", "crosser": "running", "nobody": "refused", "paper": "running"}, "states")
        check("no_such_plugin" in rows["nobody"]["detail"], "why: %r" % rows["nobody"]["detail"])
        error_of(caller.ask(cmd="enable", id="nobody"), "no_such_plugin")
        error_of(caller.ask(cmd="enable", id="sleeper"), "the configuration disables it")
        error_of(caller.ask(cmd="enable", id="holder"), "running already")
        error_of(caller.ask(cmd="disable", id="paper"), "a broker stays")
        error_of(caller.ask(cmd="latency"), "with the workers")
        equal(caller.ask(cmd="disable", id="crosser")["state"], "disabled", "disabled")
        error_of(caller.ask(cmd="disable", id="crosser"), "disabled already")
        equal(caller.ask(cmd="reload")["lines"] is not None, True, "a reload")
        rows = {r["id"]: r for r in caller.ask(cmd="plugins")["plugins"]}
        equal((rows["crosser"]["state"], rows["crosser"]["detail"]), ("disabled", "by an operator, uid %d" % os.getuid()),
              "a reload leaves it disabled")
        answer = caller.ask(cmd="enable", id="crosser")
        equal((answer["state"], answer["restored"]), ("running", True), "it goes on from its saved state")
    events = [(e["plugin_id"], e["event"]) for e in host.journal("host.plugins") if e["plugin_id"] == "crosser"]
    equal(events[:3], [("crosser", "loaded"), ("crosser", "disabled"), ("crosser", "enabled")], "written down")
    asked = [(line["event"], line["uid"]) for line in host.log() if line.get("component") == "control" and line["event"] == "disable"]
    equal(asked, [("disable", os.getuid())], "logged with the caller")


class Logged(Running):
    def log(self):
        out = []
        with open(self.path("log", "app.ndjson"), encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    out.append(json.loads(line))
        return out


def places():
    """Who stands at the path: a dead host's socket is replaced, a living one's and anything else are not."""
    with Logged(extra="") as host:
        path = host.path("njord.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        host.start()
        equal(host.stop(), 0, "exit code")
        check(not os.path.exists(path), "removed at the end")
        host.write("njord.sock", "something else\n")
        done = host.run()
        equal(done.returncode, 1, "a file in its place")
        check("control socket '%s': something else stands there" % path in done.stderr, "one line: %r" % done.stderr)
        equal(open(path, encoding="utf-8").read(), "something else\n", "it is left alone")
        os.unlink(path)
        host.start()
        with Logged() as other:
            done = other.run("--control", path)
            equal(done.returncode, 1, "a socket in use")
            check("control socket '%s': another host listens there" % path in done.stderr, "one line: %r" % done.stderr)
        check(host.lives(), "the first one is untouched")
        long = other.path("x" * 120)
        with Logged() as third:
            done = third.run("--control", long)
            equal(done.returncode, 1, "a path that is too long")
            check(done.stderr.count("\n") <= 2 and "control" in done.stderr, "one line: %r" % done.stderr)
        equal(host.stop(), 0, "exit code")


def reload_and_leave():
    """Callers that ask for a reload and go, operators that switch plugins meanwhile: all is refused or done, never half."""
    extra = "feeds:\n  - {id: sim, plugin: simmarket, symbols: [ATOM/USDT]}\n"
    strategies = "strategies:\n  - {id: breaker, plugin: trendline_break, symbols: [ATOM/USDT], events: ['md.trades.*']}\n"
    with Logged(extra=extra, strategies=strategies) as host:
        text = open(host.path("base.yaml"), encoding="utf-8").read()
        host.write("base.yaml", text.replace("at_end: stop", "at_end: wait"))
        shutil.copytree(PLUGINS, host.path("plugins"))
        host.start("--plugins", host.path("plugins"))
        library = host.path("plugins", "strategies", "trendline_break.so")
        for n in range(10):
            with open(library, "rb") as old, open(library + ".new", "wb") as new:
                new.write(old.read() + b"\0") # other bytes, the same code
            os.chmod(library + ".new", 0o755)
            os.rename(library + ".new", library)
            asks = host.call()
            asks.send(b'{"cmd":"reload"}\n')
            if n % 2:
                asks.close()
            with host.call() as caller:
                for name in ("sim", "breaker"):
                    for verb in ("disable", "enable"):
                        answer = caller.ask(cmd=verb, id=name)
                        check(answer["ok"] or "under way" in answer["error"] or "already" in answer["error"], "%r" % answer)
            if n % 2 == 0:
                check(asks.line()["ok"], "the one who stays is told")
                asks.close()
        with host.call() as caller:
            until(lambda: caller.ask(cmd="reload")["ok"], "the last one")
            for name in ("sim", "breaker"):
                caller.ask(cmd="enable", id=name)
            rows = {r["id"]: r["state"] for r in caller.ask(cmd="plugins")["plugins"]}
            equal(rows, {"sim": "running", "breaker": "running", "paper": "running"}, "states")
        asks = host.call()
        asks.send(b'{"cmd":"reload"}\n')
        equal(host.stop(), 0, "exit code while a reload is asked for")


def stop_by_hand():
    with Logged() as host:
        host.start()
        tail = host.call()
        with host.call() as caller:
            before = caller.ask(cmd="status")["bus"]["subscriptions"]
            tail.send(b'{"cmd":"tail","glob":"*"}\n')
            until(lambda: caller.ask(cmd="status")["bus"]["subscriptions"] > before, "the tail stands")
            equal(caller.ask(cmd="stop")["ok"], True, "stop")
        equal(host.process.wait(LIMIT), 0, "exit code")
        last = None
        while True:
            line = tail.line()
            if line is None:
                break
            last = line
        error_of(last, "the host has stopped")
        host.process = None


def main():
    with Logged(strategies=STRATEGIES) as host:
        host.write("base.yaml", open(host.path("base.yaml"), encoding="utf-8").read().replace("level: warn", "level: info"))
        host.start()
        for step in (only_its_owner, another_user, nonsense, too_long, half_closed, states, two_tails, publish_checks, never_reads,
                     many_callers, slow_tail):
            step(host)
        equal(host.stop(), 0, "exit code")
    places()
    reload_and_leave()
    stop_by_hand()
    print("control: all as it should be")


main()
