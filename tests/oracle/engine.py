"""A backtest over bars, worked out a second time in exact fractions: from doc/semantics.md and doc/risk.md, with nothing of the
program. What it needs of a strategy is an object with the callbacks of the plugin; dice.py has the one that tests/plugins/dice.c is.

Order of things. At an instant (a ts_close that some symbol has): the closes become the last prices; resting orders meet the bars; what
that made the strategy send; timers due by then; bar by bar the callback and what it sent; one point of the curve. Between instants:
timers due before the next one, and (next-open) the opens of bars. A thing that was sent is worked off to its end, with all that the
strategy is told of it, before the next that was sent.

Money is compared exactly. Where two sides of a rule differ by less than a double can tell, Tie is raised: such a run proves nothing."""
import collections
import math
from fractions import Fraction

BUY, SELL = 1, 2
MARKET, LIMIT = 1, 2
GTC, IOC, FOK = 1, 2, 3
NEW, FILLED, CANCELED, REJECTED, EXPIRED = 1, 3, 4, 5, 6
MAKER, TAKER = 1, 2
OK, NOT_FOUND = 0, -9
NS = 10 ** 9
STEP = Fraction(1, 10 ** 8)

Bar = collections.namedtuple("Bar", "ts_open open high low close")


class Tie(Exception):
    """Two figures that a rule compares are nearer than doubles can tell apart."""


class Instrument:
    def __init__(self, tick=STEP, step=STEP, min_qty=None):
        self.tick, self.step, self.min_qty = Fraction(tick), Fraction(step), min_qty and Fraction(min_qty)

    def down(self, qty):
        return math.floor(qty / self.step) * self.step


class Order:
    def __init__(self, number, symbol, side, kind, qty, limit=None, tif=GTC, ts_ns=0):
        self.number, self.symbol, self.side, self.kind, self.qty, self.limit, self.tif = number, symbol, side, kind, qty, limit, tif
        self.sent_ns = ts_ns
        self.state = "queued"  # then resting, waiting (for an open) or over
        self.reference = None
        self.arrival = None

    @property
    def signed(self):
        return self.qty if self.side == BUY else -self.qty


class Options:
    """What the command line says; figures as Fraction."""

    def __init__(self, capital=10000, commission="0.001", slippage=5, fill="close", gap="limit", warmup=0, allow_short=True, cash_check=True,
                 length_s=60):
        self.capital, self.commission, self.slippage = Fraction(capital), Fraction(commission), Fraction(slippage)
        self.fill, self.gap, self.warmup, self.allow_short, self.cash_check = fill, gap, warmup, allow_short, cash_check
        self.length = length_s * NS


def at_least(a, b):
    """a >= b, or Tie."""
    if a != b and abs(a - b) <= max(abs(a), abs(b)) * Fraction(1, 10 ** 11):
        raise Tie("%r and %r" % (float(a), float(b)))
    return a >= b


class Book:
    """Position and lots of one symbol, first in first out."""

    def __init__(self):
        self.qty = self.realized = self.fees = Fraction(0)
        self.lots = collections.deque()  # [signed quantity, price, fee per unit]

    @property
    def average(self):
        return sum(lot[0] * lot[1] for lot in self.lots) / self.qty if self.qty else Fraction(0)

    def fill(self, signed, price, fee):
        """The profit of what it closed, net of fees, or None when it closed nothing."""
        left, gained, entry_fees, per_unit = signed, Fraction(0), Fraction(0), fee / abs(signed)
        while left and self.lots and (self.lots[0][0] > 0) != (left > 0):
            lot = self.lots[0]
            part = min(abs(lot[0]), abs(left))
            sign = 1 if lot[0] > 0 else -1
            gained += sign * part * (price - lot[1])
            entry_fees += part * lot[2]
            lot[0] -= sign * part
            left += sign * part
            if not lot[0]:
                self.lots.popleft()
        if left:
            self.lots.append([left, price, per_unit])
        self.qty += signed
        self.realized += gained
        self.fees += fee
        return gained - entry_fees - per_unit * abs(signed - left) if left != signed else None


class Engine:
    def __init__(self, options, series, instruments=None):
        """series: {symbol: [Bar]}, in the order of the command line."""
        self.o, self.series = options, series
        self.symbols = list(series)
        self.instruments = {s: (instruments or {}).get(s) or Instrument() for s in self.symbols}
        self.books = {s: Book() for s in self.symbols}
        self.last = {s: None for s in self.symbols}
        self.cash = options.capital
        self.now, self.warm = 0, False
        self.orders, self.queue = [], collections.deque()
        self.resting = []  # orders that a bar can fill
        self.waiting = []  # orders that an open can fill
        self.timers, self.turns = {}, 0  # {number: [due, period, turn in which it was set]}
        self.arrivals = 0
        self.fills, self.trades, self.curve, self.refusals = [], [], [], collections.Counter()
        self.exposed = self.touches = self.fired = self.n_fills = 0
        self.counts = collections.Counter()
        self.notional = self.fees = self.slipped = Fraction(0)
        self.strategy, self.on_trades = None, False

    # ---- what a strategy may ask and say ----

    def position(self, symbol):
        return self.books[symbol].qty

    def working(self, symbol):
        return sum((o.signed for o in self.orders if o.symbol == symbol and o.state != "over"), Fraction(0))

    def open_orders(self):
        return [o for o in self.orders if o.state != "over"]

    def submit(self, order):
        order.sent_ns, order.number, order.sent_warm = self.now, len(self.orders), self.warm
        order.qty = self.instruments[order.symbol].down(order.qty)
        if order.qty / self.instruments[order.symbol].step > 2 ** 52:
            raise Tie("more lots than a double counts")
        self.orders.append(order)
        self.queue.append(("order", order))
        return OK

    def cancel(self, order):
        if order.state == "over":
            return NOT_FOUND
        self.queue.append(("cancel", order))
        return OK

    def timer_set(self, timer, due, period):
        self.turns += 1
        self.timers[timer] = [due, period, self.turns]
        return OK

    def timer_cancel(self, timer):
        return OK if self.timers.pop(timer, None) else NOT_FOUND

    # ---- risk ----

    def equity(self):
        """Before a first close a position counts at its average price."""
        return self.cash + sum((b.qty * (b.average if self.last[s] is None else self.last[s]) for s, b in self.books.items()), Fraction(0))

    def accepted(self):
        return [o for o in self.orders if o.state not in ("queued", "over")]

    def refusal(self, order):
        """The code of the rule that refuses it, or None; rounds it."""
        instrument = self.instruments[order.symbol]
        if order.kind == LIMIT:
            ticks = order.limit / instrument.tick
            order.limit = (math.floor(ticks) if order.side == BUY else math.ceil(ticks)) * instrument.tick
            if order.limit <= 0:
                return "malformed"
        if order.sent_warm:
            return "warmup"
        order.reference = self.last[order.symbol] if self.last[order.symbol] is not None else order.limit
        if order.reference is None:
            return "no_reference_price"
        same_side = sum((o.qty for o in self.accepted() if o.symbol == order.symbol and o.side == order.side), Fraction(0))
        held = self.books[order.symbol].qty
        against = -held if order.side == BUY else held
        if not (order.qty > 0 and same_side + order.qty <= against):
            worst = held - same_side - order.qty
            if order.side == SELL and worst < 0 and not self.o.allow_short:
                return "allow_short"
            if self.o.cash_check:
                if order.side == BUY:
                    bound = sum((o.qty * o.reference for o in self.accepted() if o.side == BUY), Fraction(0))
                    need = (order.qty * order.reference + bound) * (1 + self.o.slippage / 10000) * (1 + self.o.commission)
                    if not at_least(self.cash, need):
                        return "insufficient_cash"
                elif worst < 0 and not at_least(self.equity(), -worst * order.reference):
                    return "insufficient_cash"
        if order.qty <= 0 or instrument.min_qty and order.qty < instrument.min_qty:
            return "below_min_qty"
        return None

    # ---- what becomes of what was sent ----

    def drain(self):
        while self.queue:
            what, order = self.queue.popleft()
            if what == "cancel":
                if order.state != "over":
                    self.counts["canceled"] += 1
                    self.end(order, CANCELED, None if self.on_trades else "strategy")  # the paper broker gives no reason
                continue
            self.counts["intents"] += 1
            code = self.refusal(order)
            if code:
                order.state = "over"
                self.refusals[code] += 1
                self.strategy.on_decision(order, code)
                continue
            order.state = "waiting"
            self.counts["orders"] += 1
            self.strategy.on_decision(order, None)
            at_arrival = self.on_trades or self.o.fill == "close"
            rests = order.kind == LIMIT and order.tif == GTC and not (self.on_trades and self.marketable(order))
            if rests or at_arrival:
                self.strategy.on_order(order, NEW, Fraction(0), None)
            if rests:
                self.rest(order)
            elif at_arrival:
                self.arrive(order, self.last[order.symbol])
            else:
                self.waiting.append(order)

    def marketable(self, order):
        last = self.last[order.symbol]
        return last is not None and (order.limit >= last if order.side == BUY else order.limit <= last)

    def rest(self, order):
        order.state, order.arrival = "resting", self.arrivals
        self.arrivals += 1
        self.resting.append(order)

    def end(self, order, status, reason):
        order.state = "over"
        for where in (self.resting, self.waiting):
            if order in where:
                where.remove(order)
        self.strategy.on_order(order, status, Fraction(0), reason)

    def arrive(self, order, price):
        """At a price: a close, or an open."""
        if price is None:
            price = order.limit if order.kind == MARKET else None
            if price is None:
                if order.kind == MARKET:
                    self.rest(order)
                    return
                self.counts["expired"] += 1
                self.end(order, EXPIRED, None)
                return
        if order.kind == MARKET:
            slip = self.o.slippage / 10000
            self.fill(order, price * (1 + slip if order.side == BUY else 1 - slip), price, TAKER)
        elif order.limit >= price if order.side == BUY else order.limit <= price:
            self.fill(order, price, price, TAKER)
        else:
            self.counts["expired"] += 1
            self.end(order, EXPIRED, None)

    def fill(self, order, price, before, liquidity):
        book = self.books[order.symbol]
        fee = order.qty * price * self.o.commission
        reduces = book.qty and (book.qty > 0) != (order.signed > 0) and order.qty <= abs(book.qty)
        if self.o.cash_check and order.side == BUY and not reduces and not at_least(self.cash, order.qty * price + fee):
            self.counts["rejected"] += 1
            self.end(order, REJECTED, "insufficient_cash")
            return False
        order.state = "over"
        for where in (self.resting, self.waiting):
            if order in where:
                where.remove(order)
        self.cash -= order.signed * price + fee
        self.fees += fee
        self.notional += order.qty * price
        self.slipped += order.qty * abs(price - before)
        result = book.fill(order.signed, price, fee)
        if result is not None:
            self.trades.append((self.now, result))
        self.fills.append((self.now, order.number, order.symbol, order.side, order.qty, price, fee, liquidity))
        self.strategy.on_order(order, FILLED, order.qty, None)
        self.strategy.on_fill(order, price, fee, liquidity)
        self.strategy.on_position(order.symbol)
        return True

    # ---- bars ----

    def meet(self, symbol, bar):
        """Resting orders of a symbol and its bar: of buys the highest limit first, of sells the lowest, at one limit the earlier; of the
        two the earlier."""
        rested = [o for o in self.resting if o.symbol == symbol and (self.on_trades or o.sent_ns <= bar.ts_open)]

        def reached(o):
            return o.limit >= bar.low if o.side == BUY else o.limit <= bar.high
        while rested:
            buys = sorted((o for o in rested if o.side == BUY and reached(o)), key=lambda o: (-o.limit, o.arrival))
            sells = sorted((o for o in rested if o.side == SELL and reached(o)), key=lambda o: (o.limit, o.arrival))
            heads = sorted(buys[:1] + sells[:1], key=lambda o: o.arrival)
            if not heads:
                return
            order = heads[0]
            rested.remove(order)
            if order not in self.resting:
                continue
            price = order.limit
            beyond = bar.open < order.limit if order.side == BUY else bar.open > order.limit
            if self.o.gap == "open" and beyond and not self.on_trades:
                price = bar.open
            if self.fill(order, price, price, MAKER) and not self.on_trades:
                self.touches += order.limit == (bar.low if order.side == BUY else bar.high)

    def fire(self, until, inclusive):
        """Timers that are due, in the order of their times."""
        while self.timers:
            said, _, timer = min((due, turn, t) for t, (due, _, turn) in self.timers.items())
            if said > until or said == until and not inclusive:
                return
            period = self.timers[timer][1]
            self.now = max(self.now, said)
            if period:
                self.timers[timer][0] = said + period
                if self.on_trades:  # as in a host: set anew, and beats that were over when it was set are left out
                    self.timers[timer][0] = said + period * max(1, (self.now - said) // period + 1)
                    self.turns += 1
                    self.timers[timer][2] = self.turns
            else:
                del self.timers[timer]
            self.fired += 1
            self.strategy.on_timer(timer, said)
            self.drain()

    def opens(self, ts):
        """The bars that open at ts, before they are shown."""
        due = [o for s in self.symbols for o in self.waiting if o.symbol == s and o.sent_ns <= ts and s in self.opening[ts]]
        if not due:
            return
        self.now = ts
        for order in due:
            self.waiting.remove(order)
            self.strategy.on_order(order, NEW, Fraction(0), None)
            self.arrive(order, self.opening[ts][order.symbol].open)
        self.drain()

    def run_trades(self, strategy, trades):
        """As live with the paper broker. trades: [(ts_ns, symbol, price)], as they come. A point for each end of a bucket, by the first trade
        behind it, and for that of the last trade."""
        self.strategy, self.on_trades = strategy, True
        shown, due, ts = collections.Counter(), None, 0
        for ts, symbol, price in trades:
            self.fire(ts, True)
            self.now = max(self.now, ts)
            self.warm = shown[symbol] < self.o.warmup
            counted = not self.warm or any(n > self.o.warmup for n in shown.values())
            due = due or ts // self.o.length * self.o.length + self.o.length
            while due <= ts:
                if counted:
                    self.point(due)
                due += self.o.length
            shown[symbol] += 1
            self.last[symbol] = price
            self.meet(symbol, Bar(ts, price, price, price, price))
            self.drain()
            strategy.on_trade(symbol, ts, price, self.warm)
            self.drain()
        if any(n > self.o.warmup for n in shown.values()):
            self.point(due)
        return self

    def point(self, ts):
        self.curve.append((ts, self.equity()))
        self.exposed += any(b.qty for b in self.books.values())

    def run(self, strategy):
        self.strategy = strategy
        closing, self.opening, rank = {}, {}, {}
        for symbol, bars in self.series.items():
            for at, bar in enumerate(bars):
                closing.setdefault(bar.ts_open + self.o.length, {})[symbol] = bar
                self.opening.setdefault(bar.ts_open, {})[symbol] = bar
                rank[symbol, bar.ts_open] = at
        steps = sorted([(ts, 0) for ts in closing] + [(ts, 1) for ts in self.opening])
        self.warm = self.o.warmup > 0
        for ts, opens in steps:
            if opens:
                if self.o.fill == "next-open":
                    self.fire(ts, False)
                    self.opens(ts)
                continue
            self.fire(ts, False)
            self.now = ts
            bars = closing[ts]
            for symbol, bar in bars.items():
                self.last[symbol] = bar.close
                if rank[symbol, bar.ts_open] >= self.o.warmup:
                    self.warm = False
            for symbol in self.symbols:
                if symbol in bars:
                    self.meet(symbol, bars[symbol])
            self.drain()
            self.fire(ts, True)
            cold = False
            for symbol in self.symbols:
                if symbol in bars:
                    warm, self.warm = self.warm, rank[symbol, bars[symbol].ts_open] < self.o.warmup
                    cold = cold or not self.warm
                    strategy.on_bar(symbol, bars[symbol], self.warm)
                    self.drain()
                    self.warm = warm
            if cold:
                self.point(ts)
        return self
