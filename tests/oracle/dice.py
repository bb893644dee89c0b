"""The strategy of tests/plugins/dice.c again: the same draws, the same orders, the same trace."""
import math
from fractions import Fraction

import engine
from engine import BUY, SELL, MARKET, LIMIT, GTC, IOC, FOK, NS

ON_FILL, ON_REFUSAL, ON_END, TIMERS, ELSEWHERE, BLIND = 1, 2, 4, 8, 16, 32


class Dice:
    def __init__(self, host, seed=1, mode=0, busy=50, most=3, grid=100, unit=1000):
        self.host, self.x, self.mode, self.busy, self.most, self.grid, self.unit = host, seed, mode, busy, most, grid, unit
        self.trace, self.answered, self.n_answers = [], None, 0

    def draw(self, below):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.x >> 33) % below

    def say(self, *words):
        self.trace.append(words)

    def see(self, symbol):
        h = self.host
        last = h.last[symbol]
        return (h.position(symbol), h.working(symbol), h.cash, Fraction(0) if last is None else last)

    def cancel(self, order):
        self.say("cancel", order.number, self.host.cancel(order))

    def act(self, symbol):
        h, what = self.host, self.draw(20)
        if self.mode & ELSEWHERE and self.draw(4) == 0:
            symbol = h.symbols[self.draw(len(h.symbols))]
        if what < 2:
            found = h.open_orders()[:16]
            if found:
                self.cancel(found[self.draw(len(found))])
            return
        if what == 2:
            if h.orders:
                self.cancel(h.orders[self.draw(len(h.orders))])
            return
        last = h.last[symbol]
        price = 10 * self.grid if last is None else math.floor(last * self.grid + Fraction(1, 2))
        kind = self.draw(10)
        side = BUY if self.draw(2) else SELL
        thousandths = self.unit * (1 + self.draw(40))
        qty, held = Fraction(thousandths, 1000), h.position(symbol)
        if kind == 0:
            qty = Fraction(thousandths * 100000 + 1 + self.draw(99999), 10 ** 8)
        elif kind == 1:
            qty = Fraction(1 + self.draw(20), 10 ** 9)
        elif kind == 2:
            qty = Fraction(thousandths)
        elif kind < 6 and held:
            side = BUY if held < 0 else SELL
            qty = abs(held) * (2 if kind == 5 else 1)
        if last is None and not self.mode & BLIND:
            return
        tif = {3: IOC, 4: FOK, 11: IOC, 12: IOC, 13: FOK, 14: FOK}.get(what, GTC)
        limit = None
        if what >= 11:
            ticks, off = price + self.draw(61) - 30, self.draw(8)
            ticks = max(ticks, 1)
            limit = Fraction(ticks * 1000 + 1 + self.draw(999), self.grid * 1000) if off == 0 else Fraction(ticks, self.grid)
        elif what == 5 or last is None:
            limit = Fraction(price, self.grid)
        order = engine.Order(0, symbol, side, MARKET if what < 11 else LIMIT, qty, limit, tif)
        status = h.submit(order)
        self.say("sent", order.number, status)

    def answers(self, bit, of):
        if not self.mode & bit or self.draw(of):
            return False
        if self.host.now != self.answered:
            self.answered, self.n_answers = self.host.now, 0
        self.n_answers += 1
        return self.n_answers <= 6

    def on_bar(self, symbol, bar, warm):
        h = self.host
        self.say("bar", symbol, bar.ts_open + h.o.length, h.now, int(warm), bar.close, *self.see(symbol))
        self.play(symbol)

    def on_trade(self, symbol, ts, price, warm):
        self.say("trade", symbol, ts, self.host.now, int(warm), price, *self.see(symbol))
        self.play(symbol)

    def play(self, symbol):
        h = self.host
        if self.draw(100) < self.busy:
            for _ in range(1 + self.draw(self.most)):
                self.act(symbol)
        if self.mode & TIMERS and self.draw(10) == 0:
            due = self.draw(400) - 40
            period = 1 + self.draw(300) if self.draw(3) == 0 else 0
            timer = self.draw(3)
            if self.draw(3) == 0:
                due = int(due / 60) * 60
            self.say("timer", timer, due, period, h.timer_set(timer, h.now + due * NS, period * NS))

    def on_fill(self, order, price, fee, liquidity):
        now = self.host.now
        self.say("fill", order.number, order.symbol, order.side, order.qty, price, fee, liquidity, now, now, *self.see(order.symbol))
        if self.answers(ON_FILL, 3):
            self.act(order.symbol)

    def on_decision(self, order, code):
        self.say("decision", order.number, int(not code), code or "ok", self.host.now)
        if code and self.answers(ON_REFUSAL, 4):
            self.act(self.host.symbols[0])

    def on_order(self, order, status, filled, reason):
        self.say("order", order.number, status, filled, reason or "-", self.host.now)
        if status in (engine.EXPIRED, engine.CANCELED, engine.REJECTED) and self.answers(ON_END, 3):
            self.act(order.symbol)

    def on_position(self, symbol):
        b, last = self.host.books[symbol], self.host.last[symbol]
        open_profit = b.qty * (last - b.average) if b.qty and last is not None else Fraction(0)
        self.say("position", symbol, b.qty, b.average, b.realized, open_profit, b.fees, self.host.now)

    def on_timer(self, timer, due):
        first = self.host.symbols[0]
        self.say("fired", timer, due, self.host.now, *self.see(first))
        self.act(first)
        if self.draw(6) == 0:
            self.host.timer_cancel(self.draw(3))
