"""The model in SimPy: disruptions and projects are processes in continuous time, trade is a monthly process.

    python simpy_peer.py MODEL.json TRIALS SEED OUTPUT.json
"""

import math
import random
from bisect import bisect_right
from statistics import NormalDist

import numpy as np
import simpy

import results

DUST, FELT = 1e-12, 0.01
DAYS_PER_MONTH = 365 / 12
NORMAL = NormalDist()


class Disruption:
    """A process of episodes. Its effect is integrated from month to month."""

    def __init__(self, world, spec):
        self.world, self.env, self.spec = world, world.env, spec
        self.raises = []  # those whose rate depends on this one
        self.waiting = False
        self.severity = self.fade = self.integral = self.since = 0.0
        self.episodes, self.spans = 0, 0.0
        self.factor = 1.0
        self.raised = world.draw(spec["raised_factor"]) if spec["raised_by"] >= 0 else 1.0
        self.rate = world.draw(spec["rate"]) / 12
        self.windows = self.schedule()
        self.process = self.env.process(self.run())

    def schedule(self):
        """Windows as (begin, end, length, severity); each ends where the next begins."""
        drawn = [(begin, self.world.draw(months), severity) for begin, months, severity in self.spec["windows"]]
        drawn = [window for window in drawn if window[1] > 0]
        rows = []
        for (begin, length, severity), (next_begin, *_) in zip(drawn, drawn[1:] + [(math.inf,)]):
            if (end := min(begin + length, next_begin)) > 0 and begin < self.world.model["months"]:
                rows.append((begin, end, length, self.world.draw(severity)))
        return rows

    def settle(self):
        """Adds up the effect since the last time; it may fade."""
        span = self.env.now - self.since
        self.integral += span * (self.severity - self.fade * span / 2)
        self.severity -= self.fade * span
        self.since = self.env.now

    def set(self, running, severity, fade):
        self.settle()
        self.severity, self.fade = severity, fade
        for other in self.raises:
            other.factor = other.raised if running else 1.0
            if other.waiting:
                other.process.interrupt()

    def month_average(self):
        self.settle()
        effect, self.integral = self.integral, 0.0
        return effect if self.spec["surge"] else min(effect, 1.0)

    def episode(self, begin, end, length, severity):
        """Runs from now on; it may have begun before the start."""
        self.episodes += 1
        self.spans += min(end, self.world.model["months"]) - self.env.now
        fade = severity / length if self.spec["linear"] else 0.0
        self.set(True, severity - fade * (self.env.now - begin), fade)
        yield self.env.timeout(end - self.env.now)
        self.set(False, 0.0, 0.0)

    def by_chance(self, length, until):
        """An episode of random length and severity, unless it has no length."""
        now, duration = self.env.now, self.world.draw(length)
        if duration > 0:
            yield from self.episode(now, min(now + duration, until), duration, self.world.draw(self.spec["severity"]))

    def wait(self, until):
        """Waits for the next episode; whether it comes before `until`. Time passes faster while another one runs."""
        env, hazard = self.env, random.expovariate(1)
        while True:
            begin, rate, self.waiting = env.now, self.rate * self.factor, True
            ahead = hazard / rate if rate > 0 else math.inf
            try:
                yield env.timeout(min(ahead, until - begin))
                self.waiting = False
                return ahead < until - begin
            except simpy.Interrupt:
                hazard -= (env.now - begin) * rate
                self.waiting = False

    def run(self):
        spec, env = self.spec, self.env
        until = [window[0] for window in self.windows] + [self.world.model["months"]]
        if random.random() < self.world.draw(spec["active"]) and until[0] > 0:
            yield from self.by_chance(spec["remaining"], until[0])
        for number, limit in enumerate(until):
            if min(spec["not_before"], limit) > env.now:
                yield env.timeout(min(spec["not_before"], limit) - env.now)
            while env.now < limit and (yield from self.wait(limit)):
                yield from self.by_chance(spec["duration"], limit)
            if number < len(self.windows):
                yield from self.episode(*self.windows[number])


class Project:
    """A process that starts, once what it requires has started, and may close."""

    def __init__(self, world, spec, base=0.0):
        self.world, self.env, self.spec, self.base = world, world.env, spec, base
        self.started = self.env.event()
        self.closed = math.inf
        if all(NORMAL.cdf(world.mixed(factor, loading)) < world.draw(chance) for chance, factor, loading in spec["gates"]):
            self.env.process(self.run())

    def run(self):
        world, spec, draw = self.world, self.spec, self.world.draw
        self.start = self.base + sum(map(draw, spec["leads"]))
        yield self.env.timeout(max(self.start - self.env.now, 0))
        for required in spec["requires"]:
            yield world.projects[required].started
            self.start = max(self.start, world.projects[required].start)
        utilisation = draw(spec["utilisation"])
        self.yields = [(product, draw(product["tonnes"]) / 12 * utilisation) for product in spec["yields"]]
        self.length = draw(spec["ramp"])
        pick = random.random()
        curve = next((curve for curve, share in spec["shapes"] if pick < share), spec["shapes"][-1][0])
        self.x, self.y = world.curves[curve]
        world.producing.append(self)
        self.started.succeed()
        rate = draw(spec["closure"]) / 12
        self.closed = self.start + (random.expovariate(rate) if rate > 0 else math.inf)
        if spec["life"] >= 0:
            self.closed = min(self.closed, self.start + 12 * draw(spec["life"]))

    def ramped(self, time):
        """The share of full output that it has reached."""
        if time < self.start:
            return 0.0
        if time >= self.start + self.length:
            return 1.0
        x = (time - self.start) / self.length
        at = bisect_right(self.x, x) - 1
        part = (x - self.x[at]) / (self.x[at + 1] - self.x[at])
        return self.y[at] + part * (self.y[at + 1] - self.y[at])


class Investor:
    """Decides on plants, month by month. Waits until so much of the rate has passed."""

    def __init__(self, world, spec):
        self.world, self.spec = world, spec
        self.rate, self.left, self.decisions = world.draw(spec["rate"]) / 12, random.expovariate(1), 0

    def look(self):
        """At the begin of a month: what the months before were like, and what is decided in this one."""
        spec, rate, gone = self.spec, self.rate, 0.0
        past = self.world.series[spec["signal"]][-spec["memory"]:] if spec["signal"] >= 0 else []
        if past:
            rate *= float(np.interp(sum(past) / len(past), *zip(*spec["response"])))
        while gone + self.left < rate and self.decisions < spec["at_most"]:
            gone += self.left
            self.left = random.expovariate(1)
            self.decisions += 1
            Project(self.world, spec["plant"], self.world.env.now + gone / rate)
        self.left -= rate - gone


class Stock:
    """A stockpile. Levels are tonnes, and months of normal wants."""

    def __init__(self, draw, spec):
        level = lambda of: (draw(of[0]), draw(of[1]) / DAYS_PER_MONTH)
        self.target = level(spec["target"])
        self.initial = level(spec["initial"]) if spec["initial"] else self.target
        self.fill, self.release = draw(spec["fill"]), draw(spec["release"])
        self.held = self.room = self.released_as_feed = 0.0

    def let_out(self, short, feed_short):
        """Serves users and then later stages; what either gets."""
        to_users = min(self.held, short, self.release)
        self.held -= to_users
        self.released_as_feed = min(self.held, feed_short, self.release - to_users)
        self.held -= self.released_as_feed
        return to_users, self.released_as_feed


class World:
    """One trial."""

    def __init__(self, model):
        self.model, self.env = model, simpy.Environment()
        self.curves = [tuple(zip(*points)) for points in model["curves"]]
        self.common = [random.gauss(0, 1) for _ in range(model["factors"])]
        self.producing = []
        self.disruptions = [Disruption(self, spec) for spec in model["disruptions"]]
        for disruption in self.disruptions:
            if disruption.spec["raised_by"] >= 0:
                self.disruptions[disruption.spec["raised_by"]].raises.append(disruption)
        self.projects = []
        for spec in model["projects"]:
            self.projects.append(Project(self, spec))
        self.env.process(self.trade())
        self.env.run(until=model["months"] + 0.5)

    def mixed(self, factor, loading):
        own = random.gauss(0, 1)
        return own if factor < 0 else loading * self.common[factor] + math.sqrt(1 - loading * loading) * own

    def draw(self, index):
        """An input."""
        row = self.model["inputs"][index]
        kind, p, factor, loading = row["kind"], row["params"], row["factor"], row["loading"]
        if kind == "constant":
            return p[0]
        if kind == "lognormal":
            return math.exp(p[0] + p[1] * self.mixed(factor, loading))
        if kind == "scores":
            place = min(max(100 * (self.mixed(factor, loading) + 5), 0), 999.999)
            at = int(place)
            return p[at] + (p[at + 1] - p[at]) * (place - at)
        if kind == "gamma":
            return random.gammavariate(*p)
        if kind == "beta":
            return p[2] + p[3] * random.betavariate(p[0], p[1])
        if kind == "exponential":
            return random.expovariate(1 / p[0])
        u = random.random() if factor < 0 else NORMAL.cdf(self.mixed(factor, loading))
        if kind == "uniform":
            return p[0] + (p[1] - p[0]) * u
        if kind == "triangular":
            low, mode, high = p
            if u * (high - low) < mode - low:
                return low + math.sqrt(u * (high - low) * (mode - low))
            return high - math.sqrt((1 - u) * (high - low) * (high - mode))
        picked = next((value for share, value in zip(p[0::2], p[1::2]) if u < share), p[-1])
        return self.draw(picked) if kind == "mixture" else picked

    def trade(self):
        """The monthly process: at the end of each month it looks back on it."""
        model, draw = self.model, self.draw
        markets, stages = len(model["markets"]), len(model["stages"])
        table = lambda: [[0.0] * markets for _ in range(stages)]
        self.ratios = [draw(feed["ratio"]) for feed in model["feeds"]]
        self.feeds = [[i for i, feed in enumerate(model["feeds"]) if feed["to"] == stage] for stage in range(stages)]
        self.uses = [[i for i, feed in enumerate(model["feeds"]) if feed["from"] == stage] for stage in range(stages)]
        passed = [1 - draw(spec["leakage"]) for spec in model["disruptions"]]
        self.stocks = [Stock(draw, spec) for spec in model["stockpiles"]]
        piles = lambda place: [stock for stock, spec in zip(self.stocks, model["stockpiles"]) if spec["place"] == place]
        self.piles = [[piles(stage * markets + market) for market in range(markets)] for stage in range(stages)]
        responses = [row and [draw(each) for each in row] for row in model["responses"]]
        self.elasticity = [row and draw(row[0]) + draw(row[1]) for row in model["price"]]
        self.loss = [draw(spec["loss"]) if spec["loss"] >= 0 else 0.0 for spec in model["demands"]]
        standing = []
        for row in model["capacities"]:
            uncertain = [[draw(tonnes), draw(growth)] for tonnes, growth in row["uncertain"]]
            standing += [(row, tonnes / 12, (1 + growth) ** (1 / 12)) for tonnes, growth in row["known"] + uncertain]
        walks = []
        for spec in model["demands"]:
            step = draw(spec["volatility"]) / math.sqrt(12)
            walks.append([spec, draw(spec["tonnes"]) / 12, math.log1p(draw(spec["growth"])) / 12 - step * step / 2, step])
        finals = [divmod(place, markets) for place in model["finals"]]
        self.deficit, self.needed = table(), table()
        self.saved = table()
        self.series = [[] for _ in model["series"]]
        self.looks = [[] for _ in finals]  # shortage, the same as a fraction, what was wanted
        self.unserved_sum = [0.0] * len(walks)
        past_wants = []
        self.investors = [Investor(self, spec) for spec in model["investments"]]
        for month in range(model["months"]):
            for investor in self.investors:
                investor.look()
            yield self.env.timeout(1)
            effect = [disruption.month_average() for disruption in self.disruptions]
            capacity, undisturbed, demand, usual = table(), table(), table(), table()
            self.country = [[0.0] * stages for _ in model["countries"]]

            def add(row, tonnes):
                stage, market = divmod(row["place"], markets)
                undisturbed[stage][market] += tonnes
                for outage in row["outages"]:
                    tonnes *= 1 - effect[outage]
                capacity[stage][market] += tonnes
                if row["country"] >= 0:
                    self.country[row["country"]][stage] += tonnes

            for row, tonnes, factor in standing:
                add(row, tonnes * factor ** month)
            self.producing = [project for project in self.producing if month + 0.5 <= project.closed]
            for project in self.producing:
                reached = project.ramped(month + 0.5)
                for product, full in project.yields:
                    add(product, full * reached)
            demands = []
            for walk in walks:
                spec, tonnes, drift, step = walk
                stage, market = divmod(spec["place"], markets)
                surged = tonnes * math.prod(1 + effect[surge] for surge in spec["surges"])
                demands.append(surged)
                if spec["embedded"] < 0:
                    demand[stage][market] += surged
                    usual[stage][market] += tonnes
                walk[1] *= math.exp(drift + step * random.gauss(0, 1))
            factors = [{} for _ in range(stages)]
            for cut in model["cuts"]:
                kept = math.prod(1 - effect[by] * passed[by] for by in cut["by"])
                if kept < 1:
                    factors[cut["stage"]][cut["from"], cut["to"]] = kept

            # Normal wants: those of a plan without disruptions, the mean of the twelve months before.
            feed, _ = self.plan(undisturbed, usual, [{}] * stages)
            wants = [[user + feed for user, feed in zip(*rows)] for rows in zip(usual, feed)]
            past_wants = past_wants[-11:] + [wants] if month else [wants] * 12
            normal = before_wants if month else wants
            before_wants = [[sum(each) / 12 for each in zip(*rows)] for rows in zip(*past_wants)]
            if month == 0:
                for stock, spec in zip(self.stocks, model["stockpiles"]):
                    stage, market = divmod(spec["place"], markets)
                    stock.held = stock.initial[0] + stock.initial[1] * normal[stage][market]

            now = self.make(capacity, demand, factors, normal)
            now.demands, now.unserved = demands, [0.0] * len(demands)
            missing = [row[:] for row in now.shortage]
            for index in reversed(range(len(walks))):  # the last in the order of service goes short first
                stage, market = divmod(walks[index][0]["place"], markets)
                if walks[index][0]["embedded"] < 0:
                    now.unserved[index] = min(missing[stage][market], demands[index] * (1 - self.saved[stage][market]))
                    missing[stage][market] -= now.unserved[index]
                    self.unserved_sum[index] += now.unserved[index]
            for look, (stage, market) in zip(self.looks, finals):
                look.append((now.shortage[stage][market], now.fraction(stage, market), now.wanted[stage][market]))
            for spec, row in zip(model["series"], self.series):
                row.append(self.value(spec, now))
            for stage, market in finals:
                if responses[market]:
                    thrift, most, relapse = responses[market]
                    full, saved = demand[stage][market], self.saved[stage][market]
                    felt = full > 0 and now.shortage[stage][market] > FELT * full
                    self.saved[stage][market] = min(saved + thrift / 12, most) if felt else max(saved - relapse / 12, 0.0)

    def plan(self, capacity, users, factors):
        """From the last stages to the first: the feed that is wanted, and what plants would sell if feed were no matter."""
        markets = range(len(users[0]))
        feed_wanted, planned = [None] * len(users), [None] * len(users)
        for stage in reversed(range(len(users))):
            feed_wanted[stage] = [sum(planned[self.model["feeds"][use]["to"]][market] * self.ratios[use]
                                      for use in self.uses[stage]) for market in markets]
            if self.feeds[stage]:
                wanted = [user + feed for user, feed in zip(users[stage], feed_wanted[stage])]
                _, unsold = exchange(capacity[stage], wanted, factors[stage])
                planned[stage] = [most - rest for most, rest in zip(capacity[stage], unsold)]
        return feed_wanted, planned

    def make(self, capacity, demand, factors, normal):
        """From the first stages to the last: matching, production, trade, release, fill, surplus."""
        feeds, markets = self.model["feeds"], range(len(demand[0]))
        now = Month(capacity, demand, normal)
        now.wanted = [[full * (1 - saved) for full, saved in zip(*rows)] for rows in zip(demand, self.saved)]
        now.feed_wanted, planned = self.plan(capacity, now.wanted, factors)
        received = [None] * len(feeds)
        for stage, cut in enumerate(factors):
            if len(self.feeds[stage]) > 1:
                for feed in self.feeds[stage]:
                    self.match(feed, capacity[stage], received, factors)
            made = [min([capacity[stage][market]] + [received[feed][market] / self.ratios[feed] for feed in self.feeds[stage]])
                    for market in markets]
            wanted = [user + feed for user, feed in zip(now.wanted[stage], now.feed_wanted[stage])]
            got, unsold = exchange(made, wanted, cut)
            now.production.append(made)
            now.requirement.append(wanted)

            # Users first, then later stages by plan; stocks fill gaps.
            fulfilled, feed_got, shortage, unmet = [], [], [], []
            for market in markets:
                user, feed = now.wanted[stage][market], now.feed_wanted[stage][market]
                met = min(got[market], user)
                left = got[market] - met
                short, feed_short = clean(user - met, user), clean(feed - left, feed)
                fulfilled.append(short == 0 and feed_short == 0)
                for stock in self.piles[stage][market]:
                    to_users, to_stages = stock.let_out(short, feed_short)
                    short, feed_short, left = short - to_users, feed_short - to_stages, left + to_stages
                unmet.append(clean(feed_short, feed))
                shortage.append(clean(short, user) if demand[stage][market] > 0 else unmet[-1])
                feed_got.append(left)
            now.shortage.append(shortage)
            now.unmet_feed.append(unmet)
            for use in self.uses[stage]:
                part = lambda market: planned[feeds[use]["to"]][market] * self.ratios[use] / now.feed_wanted[stage][market]
                received[use] = [got and got * part(market) if now.feed_wanted[stage][market] > 0 else 0.0
                                 for market, got in enumerate(feed_got)]

            claims = []
            for market, piles in enumerate(self.piles[stage]):
                for stock in piles:
                    full = stock.target[0] + stock.target[1] * normal[stage][market]
                    stock.room = min(max(full - stock.held, 0.0), stock.fill)
                claims.append(sum(stock.room for stock in piles) if fulfilled[market] else 0.0)
            for place in self.model["finals"]:
                if place // len(markets) == stage:
                    self.size_stock(stage, place % len(markets), now, claims, cut)
            unsold = self.fill(stage, unsold, claims, cut)

            # Surplus goes to plants that the plan left idle.
            idle = {use: [clean(most - plan, most) * self.ratios[use] for most, plan in
                          zip(capacity[feeds[use]["to"]], planned[feeds[use]["to"]])] for use in self.uses[stage]}
            need = [sum(row[market] for row in idle.values()) for market in markets]
            if sum(need) > 0:
                more, unsold = exchange(unsold, need, cut)
                for use, row in idle.items():
                    received[use] = [have + (extra * own / all_own if all_own > 0 else 0.0)
                                     for have, extra, own, all_own in zip(received[use], more, row, need)]
            now.unsold.append(unsold)

        # What was released and could not be used returns.
        for stage, uses in enumerate(self.uses):
            now.unused.append([])
            now.stock.append([])
            for market in markets:
                rest = sum(clean(received[use][market] - now.production[feeds[use]["to"]][market] * self.ratios[use],
                                 received[use][market]) for use in uses)
                for stock in reversed(self.piles[stage][market]):
                    back = min(stock.released_as_feed, rest)
                    stock.held += back
                    rest -= back
                now.unused[stage].append(rest)
                now.stock[stage].append(sum(stock.held for stock in self.piles[stage][market]))
        return now

    def match(self, feed, capacity, received, factors):
        """Feed that one market cannot use, since another one is missing, goes where it can be used."""
        spec, ratio = self.model["feeds"][feed], self.ratios[feed]
        others = [other for other in self.feeds[spec["to"]] if other != feed]
        usable = [ratio * min([most] + [received[other][market] / self.ratios[other] for other in others])
                  for market, most in enumerate(capacity)]
        beyond = [clean(have - use, have) for have, use in zip(received[feed], usable)]
        lacking = [clean(use - have, use) for have, use in zip(received[feed], usable)]
        bought, left = exchange(beyond, lacking, factors[spec["from"]])
        received[feed] = [have + more - (extra - rest) for have, more, extra, rest in zip(received[feed], bought, beyond, left)]

    def fill(self, stage, unsold, claims, cut):
        """Stocks fill from what nobody bought; what is left then."""
        left, total = unsold, sum(claims)
        for market, claim in enumerate(claims):
            offered = [cut.get((source, market), 1) * tonnes for source, tonnes in enumerate(unsold)]
            filled = share(claim, total, sum(offered))
            if filled > 0:
                left = [max(have - offer * filled / sum(offered), 0.0) for have, offer in zip(left, offered)]
                for stock in self.piles[stage][market]:
                    more = min(stock.room, filled)
                    stock.held += more
                    filled -= more
        return left

    def size_stock(self, stage, market, now, claims, cut):
        """What a stock that was full at the start would lack by now, had its users never learnt to save."""
        full, feed = now.demand[stage][market], now.feed_wanted[stage][market]
        wanted = list(now.requirement[stage])
        wanted[market] = full + feed
        got, unsold = exchange(now.production[stage], wanted, cut)
        met, deficit = min(got[market], full), self.deficit[stage][market]
        short = clean(full - met, full)
        want = deficit if short == 0 and clean(feed - (got[market] - met), feed) == 0 else 0.0
        if self.piles[stage][market]:
            want = min(want, sum(stock.fill for stock in self.piles[stage][market]))
        others = sum(claim for other, claim in enumerate(claims) if other != market)
        offered = sum(cut.get((source, market), 1) * tonnes for source, tonnes in enumerate(unsold))
        self.deficit[stage][market] = max(deficit + short - share(want, want + others, offered), 0.0)
        self.needed[stage][market] = max(self.needed[stage][market], self.deficit[stage][market])

    def value(self, spec, now):
        """The month's value of a series."""
        kind, stage, market = spec["kind"], spec["stage"], spec["market"]
        if kind in ("production", "capacity", "requirement", "demand", "shortage", "unmet_feed", "unsold", "unused", "stock"):
            return getattr(now, kind)[stage][market]
        made = now.production[stage]
        if kind == "thrift":
            return self.saved[stage][market] if now.demand[stage][market] > 0 else 0.0
        if kind == "shortage_fraction":
            return now.fraction(stage, market)
        if kind == "share":
            own = over(self.country[spec["country"]][stage], now.capacity[stage][market]) if spec["country"] >= 0 else 1.0
            return over(made[market] * own, sum(made))
        if kind == "production_outside":
            return sum(made) - made[market]
        if kind == "stock_days":
            normal = now.normal[stage][market]
            return now.stock[stage][market] / normal * DAYS_PER_MONTH if normal > 0 else math.inf
        if kind in ("coverage_without", "coverage_in_use_without"):
            return self.coverage(now, market, kind == "coverage_in_use_without")[stage]
        if kind == "price_multiple":
            if not self.elasticity[stage]:
                return 1.0
            supplied, most = 1 - over(now.shortage[stage][market], now.requirement[stage][market]), self.model["price"][stage][2]
            return most if supplied <= 0 else min(supplied ** (-1 / self.elasticity[stage]), most)
        if kind == "loss_usd":
            here = [i for i, demand in enumerate(self.model["demands"]) if demand["place"] == stage * len(made) + market]
            return sum(now.unserved[i] * self.loss[i] for i in here)
        if kind == "unserved":
            return now.unserved[spec["demand"]]
        raise ValueError(kind)

    def coverage(self, now, without, in_use):
        """By stage: the least, over it and all that it is made from, of what the others could make over what they need."""
        if (without, in_use) not in now.coverages:
            pool = lambda row: sum(tonnes for market, tonnes in enumerate(row) if market != without)
            needed = [pool(row) for row in now.demand]
            for spec, tonnes in zip(self.model["demands"], now.demands):
                if in_use and spec["embedded"] == without:
                    needed[spec["place"] // len(self.model["markets"])] += tonnes
            for stage in reversed(range(len(needed))):
                for feed in self.feeds[stage]:
                    needed[self.model["feeds"][feed]["from"]] += needed[stage] * self.ratios[feed]
            covered = []
            for stage, need in enumerate(needed):
                own = pool(now.capacity[stage]) / need if need > 0 else math.inf
                covered.append(min([own] + [covered[self.model["feeds"][feed]["from"]] for feed in self.feeds[stage]]))
            now.coverages[without, in_use] = covered
        return now.coverages[without, in_use]

    def outcomes(self):
        return [self.outcome(spec["kind"], spec["of"]) for spec in self.model["outcomes"]]

    def outcome(self, kind, of):
        if kind == "episodes":
            return self.disruptions[of].episodes
        if kind == "decisions":
            return self.investors[of].decisions
        if kind == "disrupted_months":
            return self.disruptions[of].spans
        if kind == "total_unserved":
            return self.unserved_sum[of]
        if kind == "milestone":
            milestone, spell = self.model["milestones"][of], 0
            for month, value in enumerate(self.series[milestone["series"]]):
                spell = spell + 1 if milestone["at_least"] <= value <= milestone["at_most"] else 0
                if spell == milestone["for_months"]:
                    return month + 1 - spell
            return math.inf
        stage, market = divmod(self.model["finals"][of], len(self.model["markets"]))
        if kind == "stock_needed":
            return self.needed[stage][market]
        if kind == "total_loss":
            here = [i for i, demand in enumerate(self.model["demands"]) if demand["place"] == self.model["finals"][of]]
            return sum(self.unserved_sum[i] * self.loss[i] for i in here)
        short, fraction, wanted = zip(*self.looks[of])
        if kind == "total_shortage":
            return sum(short)
        if kind == "worst_month":
            return max(fraction)
        if kind == "first_shortage":
            return next((month for month, x in enumerate(short) if x > 0), math.inf)
        if kind == "longest_shortage":
            return longest(x > 0 for x in short)
        if kind == "months_short":
            return sum(x > 0 for x in short)
        if kind == "fill_rate":
            return 1 - over(sum(short), sum(wanted))
        if kind == "worst_12_months":
            return max(sum(short[month:month + 12]) for month in range(max(len(short) - 11, 1)))
        raise ValueError(kind)


class Month:
    """What a month was like, by stage and market."""

    def __init__(self, capacity, demand, normal):
        self.capacity, self.demand, self.normal = capacity, demand, normal
        self.production, self.requirement, self.shortage, self.unmet_feed = [], [], [], []
        self.unsold, self.unused, self.stock = [], [], []
        self.coverages = {}

    def fraction(self, stage, market):
        return over(self.shortage[stage][market], self.wanted[stage][market] or self.feed_wanted[stage][market])


def clean(difference, of):
    return difference if difference > DUST * of else 0.0


def over(part, whole):
    return part / whole if whole > 0 else 0.0


def share(of, total, offered):
    return min(of, offered * of / total) if total > 0 else 0.0


def longest(flags):
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def exchange(made, wanted, factors):
    """What every market gets, and what it cannot sell."""
    everyone = range(len(made))
    got = [min(have, want) for have, want in zip(made, wanted)]
    supply = [have - own for have, own in zip(made, got)]
    need = [want - own for want, own in zip(wanted, got)]
    all_supply, all_need = sum(supply), sum(need)
    larger = max(all_supply, all_need)
    if all_supply <= 0 or all_need <= 0:
        return got, supply
    if not factors:
        served, sold = all_supply / larger, all_need / larger
        return [own + lack * served for own, lack in zip(got, need)], [left - left * sold for left in supply]
    settle(got, supply, need, {(i, j): supply[i] * need[j] / larger * factors.get((i, j), 1) for i in everyone for j in everyone})
    free = [(i, j) for i in everyone for j in everyone if (i, j) not in factors]
    may_sell = [sum(need[j] for k, j in free if k == i) for i in everyone]
    may_buy = [sum(supply[i] for i, k in free if k == j) for j in everyone]
    larger = {(i, j): max(may_sell[i], may_buy[j]) for i, j in free}
    settle(got, supply, need, {pair: supply[pair[0]] * need[pair[1]] / most for pair, most in larger.items() if most > 0})
    return got, supply


def settle(got, supply, need, flows):
    bought, sold = [0.0] * len(got), [0.0] * len(got)
    for (source, to), flow in flows.items():
        sold[source] += flow
        bought[to] += flow
    for market in range(len(got)):
        bought[market] = min(bought[market], need[market])
        got[market] += bought[market]
        need[market] -= bought[market]
        supply[market] = max(supply[market] - sold[market], 0.0)


def main():
    model, trials, seed, output = results.arguments()
    clock = results.Clock()
    random.seed(seed)
    series = np.empty((len(model["series"]), model["months"], trials), np.float32)
    outcomes = np.empty((len(model["outcomes"]), trials))
    for trial in range(trials):
        world = World(model)
        series[:, :, trial], outcomes[:, trial] = world.series, world.outcomes()
    outcomes = dict(zip([spec["name"] for spec in model["outcomes"]], map(results.of_values, outcomes)))
    rows = {}
    for spec, table in zip(model["series"], series):
        months = [results.of_values(row) for row in table]
        rows[spec["name"]] = {key: [month[key] for month in months] for key in months[0]}
    results.save(output, trials, clock.read(), outcomes, rows)


if __name__ == "__main__":
    main()
