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
        self.waiting = self.running = False
        self.severity = self.integral = self.since = 0.0
        self.episodes, self.spans = 0, 0.0
        self.factor = 1.0
        self.process = self.env.process(self.run())

    def set(self, running, severity):
        self.integral += self.severity * (self.env.now - self.since)
        self.since, self.severity, self.running = self.env.now, severity, running
        for other in self.raises:
            other.factor = other.spec["raised_factor"] if running else 1.0
            if other.waiting:
                other.process.interrupt()

    def month_average(self):
        self.integral += self.severity * (self.env.now - self.since)
        self.since, effect, self.integral = self.env.now, self.integral, 0.0
        return min(effect, 1.0)

    def episode(self):
        draw, months = self.world.draw, self.world.model["months"]
        duration = draw(self.spec["duration"])
        self.episodes += 1
        self.spans += min(duration, months - self.env.now)
        self.set(True, draw(self.spec["severity"]))
        yield self.env.timeout(duration)
        self.set(False, 0.0)

    def run(self):
        spec, env = self.spec, self.env
        rate = self.world.draw(spec["rate"]) / 12
        if random.random() < spec["active"]:
            yield from self.episode()
        while True:
            if env.now < spec["not_before"]:
                yield env.timeout(spec["not_before"] - env.now)
            wait = random.expovariate(rate)
            while wait > 0:
                begin, factor, self.waiting = env.now, self.factor, True
                try:
                    yield env.timeout(wait / factor)
                    wait = 0
                except simpy.Interrupt:
                    wait -= (env.now - begin) * factor
                self.waiting = False
            yield from self.episode()


class Project:
    """A process that starts, once what it requires has started, and may close."""

    def __init__(self, world, spec):
        self.world, self.env, self.spec = world, world.env, spec
        self.started = self.env.event()
        self.closed = math.inf
        if all(NORMAL.cdf(world.mixed(factor)) < chance for chance, factor in spec["gates"]):
            self.env.process(self.run())

    def run(self):
        world, spec, draw = self.world, self.spec, self.world.draw
        self.start = spec["base"] + draw(spec["lead"])
        yield self.env.timeout(max(self.start, 0))
        for required in spec["requires"]:
            yield world.projects[required].started
            self.start = max(self.start, world.projects[required].start)
        self.full = draw(spec["tonnes"]) / 12 * draw(spec["utilisation"])
        self.length = draw(spec["ramp"])
        pick = random.random()
        curve = next((curve for curve, share in spec["shapes"] if pick < share), spec["shapes"][-1][0])
        self.x, self.y = world.curves[curve]
        world.producing.append(self)
        self.started.succeed()
        if spec["closure_rate"] > 0:
            yield self.env.timeout(random.expovariate(spec["closure_rate"] / 12))
            self.closed = self.env.now

    def output(self, time):
        x = (time - self.start) / self.length
        if x < 0:
            return 0.0
        if x >= 1:
            return self.full
        at = bisect_right(self.x, x) - 1
        part = (x - self.x[at]) / (self.x[at + 1] - self.x[at])
        return self.full * (self.y[at] + part * (self.y[at + 1] - self.y[at]))


class World:
    """One trial."""

    def __init__(self, model):
        self.model, self.env = model, simpy.Environment()
        self.curves = [tuple(zip(*points)) for points in model["curves"]]
        self.common = [random.gauss(0, 1) for _ in model["factors"]]
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

    def mixed(self, factor):
        own = random.gauss(0, 1)
        if factor < 0:
            return own
        rho = self.model["factors"][factor]["rho"]
        return math.sqrt(rho) * self.common[factor] + math.sqrt(1 - rho) * own

    def draw(self, index):
        """An input."""
        row = self.model["inputs"][index]
        kind, p, factor = row["kind"], row["params"], row["factor"]
        if kind == "constant":
            return p[0]
        if kind == "lognormal":
            return math.exp(p[0] + p[1] * self.mixed(factor))
        if kind in ("uniform", "triangular"):
            u = random.random() if factor < 0 else NORMAL.cdf(self.mixed(factor))
            if kind == "uniform":
                return p[0] + (p[1] - p[0]) * u
            low, mode, high = p
            if u * (high - low) < mode - low:
                return low + math.sqrt(u * (high - low) * (mode - low))
            return high - math.sqrt((1 - u) * (high - low) * (high - mode))
        if kind == "gamma":
            return random.gammavariate(*p)
        if kind == "beta":
            return random.betavariate(*p)
        if kind == "exponential":
            return random.expovariate(1 / p[0])
        if kind == "discrete":
            u = random.random()
            return next((value for share, value in zip(p[0::2], p[1::2]) if u < share), p[-1])
        if kind == "mixture":
            return self.draw(p[1] if random.random() < p[0] else p[2])
        raise ValueError(kind)

    def trade(self):
        """The monthly process: at the end of each month it looks back on it."""
        model, draw = self.model, self.draw
        months, markets, stages = model["months"], len(model["markets"]), len(model["stages"])
        final = model["finals"][0] // markets
        ratios = [[draw(ratio) for _, ratio in feeds] for feeds in model["feeds"]]
        passed = [1 - draw(spec["leakage"]) for spec in model["disruptions"]]
        targets = [draw(stock["target"]) / DAYS_PER_MONTH for stock in model["stockpiles"]]
        stocks = [target if stock["initial"] == stock["target"] else draw(stock["initial"]) / DAYS_PER_MONTH
                  for stock, target in zip(model["stockpiles"], targets)]
        responses = [row and [draw(each) for each in row] for row in model["responses"]]
        elasticity = [row and draw(row[0]) + draw(row[1]) for row in model["price"]]
        standing = [(row, tonnes / 12, (1 + growth) ** (1 / 12)) for row in model["capacities"]
                    for tonnes, growth in row["known"] + [[tonnes, draw(growth)] for tonnes, growth in row["uncertain"]]]
        walks = []
        for spec in model["demands"]:
            step = spec["volatility"] / math.sqrt(12)
            walks.append([spec, spec["tonnes"] / 12, math.log1p(draw(spec["growth"])) / 12 - step * step / 2, step])
        saved = [0.0] * markets
        self.series = [[] for _ in model["series"]]
        self.shortage, self.fraction, self.before, self.refill = ([[] for _ in range(markets)] for _ in range(4))
        self.unserved = [0.0] * len(walks)
        for month in range(months):
            yield self.env.timeout(1)
            effect = [disruption.month_average() for disruption in self.disruptions]
            capacity = [0.0] * (stages * markets)
            country = [[0.0] * stages for _ in model["countries"]]

            def add(row, tonnes):
                for outage in row["outages"]:
                    tonnes *= 1 - effect[outage]
                capacity[row["place"]] += tonnes
                if row["country"] >= 0:
                    country[row["country"]][row["place"] // markets] += tonnes

            for row, tonnes, factor in standing:
                add(row, tonnes * factor ** month)
            self.producing = [project for project in self.producing if month + 0.5 <= project.closed]
            for project in self.producing:
                add(project.spec, project.output(month + 0.5))
            demands, demand = [], [0.0] * markets
            for walk in walks:
                spec, tonnes, drift, step = walk
                for surge in spec["surges"]:
                    tonnes *= 1 + effect[surge]
                demands.append(tonnes)
                demand[spec["place"] % markets] += tonnes
                walk[1] *= math.exp(drift + step * random.gauss(0, 1))

            received, made, fraction, days = {}, [], [], {}
            for stage in range(stages):
                consumer = model["consumers"][stage]
                output = capacity[stage * markets:(stage + 1) * markets]
                for number, ratio in enumerate(ratios[stage]):
                    output = [min(most, feed / ratio) for most, feed in zip(output, received[stage, number])]
                if consumer:
                    later, number = consumer
                    wanted = [capacity[later * markets + market] * ratios[later][number] for market in range(markets)]
                else:
                    wanted = [demand[market] * (1 - saved[market]) for market in range(markets)]
                factors = {}
                for cut in model["cuts"]:
                    if cut["stage"] == stage:
                        kept = math.prod(1 - effect[by] * passed[by] for by in cut["by"])
                        if kept < 1:
                            factors[cut["from"], cut["to"]] = kept
                got, supply = exchange(output, wanted, factors)
                short = [clean(want - have, want) for want, have in zip(wanted, got)]
                before = list(short)
                fill, never_full, room = {}, {}, {}
                for index, stock in enumerate(model["stockpiles"]):
                    place, market = divmod(stock["place"], markets)
                    if place != stage:
                        continue
                    if month == 0:
                        stocks[index] *= wanted[market]
                    released = min(stocks[index], short[market])
                    stocks[index] -= released
                    short[market] -= released
                    got[market] += released
                    room[index] = min(max(targets[index] * wanted[market] - stocks[index], 0), stock["fill"])
                    fill.setdefault(market, 0)
                    never_full.setdefault(market, 0)
                    if before[market] == 0:
                        fill[market] += room[index]
                        never_full[market] += min(stock["fill"], sum(supply))
                taken, refill = {}, [0.0] * markets
                for market in fill:
                    offered = sum(factors.get((source, market), 1) * supply[source] for source in range(markets))
                    taken[market] = share(fill[market], sum(fill.values()), offered)
                    refill[market] = share(never_full[market], sum(never_full.values()), offered)
                for index in room:
                    market = model["stockpiles"][index]["place"] % markets
                    filled = min(room[index], taken[market])
                    stocks[index] += filled
                    taken[market] -= filled
                    at = stage * markets + market
                    days[at] = days.get(at, 0) + stocks[index] / wanted[market] * DAYS_PER_MONTH
                short = [clean(lack, want) for lack, want in zip(short, wanted)]
                made.append(output)
                fraction.append([lack / want for lack, want in zip(short, wanted)])
                if consumer:
                    received[tuple(consumer)] = got
                else:
                    rows = self.shortage, self.fraction, self.before, self.refill
                    for row, values in zip(rows, (short, fraction[stage], before, refill)):
                        for market in range(markets):
                            row[market].append(values[market])
            missing = [row[month] for row in self.shortage]
            for index in reversed(range(len(walks))):  # the last in the order of service goes short first
                market = walks[index][0]["place"] % markets
                part = min(missing[market], demands[index] * (1 - saved[market]))
                missing[market] -= part
                self.unserved[index] += part
            for market, response in enumerate(responses):
                if response:
                    thrift, most, relapse = response
                    if self.shortage[market][month] > FELT * demand[market]:
                        saved[market] = min(saved[market] + thrift / 12, most)
                    else:
                        saved[market] = max(saved[market] - relapse / 12, 0)
            pooled = {}
            for spec, row in zip(model["series"], self.series):
                stage, market, kind = spec["stage"], spec["market"], spec["kind"]
                place = stage * markets + market
                if kind == "capacity":
                    value = capacity[place]
                elif kind == "shortage_fraction":
                    value = fraction[stage][market]
                elif kind == "share":
                    own = country[spec["country"]][stage] / capacity[place]
                    value = made[stage][market] * own / sum(made[stage])
                elif kind == "stock_days":
                    value = days[place]
                elif kind == "coverage_without":
                    if market not in pooled:
                        pooled[market] = coverage(model, ratios, capacity, demand, market)
                    value = pooled[market][stage]
                else:
                    supplied = 1 - fraction[stage][market]
                    most = model["price"][stage][2]
                    value = most if supplied <= 0 else min(supplied ** (-1 / elasticity[stage]), most)
                row.append(value)

    def outcomes(self):
        shortage = self.shortage
        first = [next((month for month, x in enumerate(row) if x > 0), math.inf) for row in shortage]
        values = [sum(row) for row in shortage] + [max(row) for row in self.fraction] + first
        values += [longest(x > 0 for x in row) for row in shortage]
        values += [max(sum(row[month:month + 12]) for month in range(len(row) - 11)) for row in shortage]
        for short, refill in zip(self.before, self.refill):
            deficit = most = 0.0
            for lack, more in zip(short, refill):
                deficit = max(0.0, deficit + lack - more)
                most = max(most, deficit)
            values.append(most)
        places = [spec["place"] for spec in self.model["demands"]]
        values += [x for x, place in zip(self.unserved, places) if places.count(place) > 1]
        for milestone in self.model["milestones"]:
            date, spell = math.inf, 0
            for month, value in enumerate(self.series[milestone["series"]]):
                spell = spell + 1 if value >= milestone["at_least"] else 0
                if spell == milestone["for_months"]:
                    date = month + 1 - spell
                    break
            values.append(date)
        values += [disruption.episodes for disruption in self.disruptions]
        values += [disruption.spans for disruption in self.disruptions]
        return values


def clean(short, wanted):
    return short if short > DUST * wanted else 0.0


def share(of, total, offered):
    return min(of, offered * of / total) if total > 0 else 0.0


def longest(flags):
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def coverage(model, ratios, capacity, demand, without):
    """By stage: what the others, pooled, could make over what they need."""
    markets = len(demand)
    others = [market for market in range(markets) if market != without]
    made, needed = [], [0.0] * len(ratios)
    for stage, feeds in enumerate(model["feeds"]):
        most = sum(capacity[stage * markets + market] for market in others)
        for (feed, _), ratio in zip(feeds, ratios[stage]):
            most = min(most, made[feed] / ratio)
        made.append(most)
    needed[model["finals"][0] // markets] = sum(demand[market] for market in others)
    for stage in reversed(range(len(made))):
        for (feed, _), ratio in zip(model["feeds"][stage], ratios[stage]):
            needed[feed] += needed[stage] * ratio
    return [m / n for m, n in zip(made, needed)]


def exchange(made, wanted, factors):
    """What every market gets, and what it cannot sell."""
    everyone = range(len(made))
    got = [min(have, want) for have, want in zip(made, wanted)]
    supply = [have - own for have, own in zip(made, got)]
    need = [want - own for want, own in zip(wanted, got)]
    larger = max(sum(supply), sum(need))
    if sum(supply) <= 0 or sum(need) <= 0:
        return got, supply
    settle(got, supply, need, {(i, j): supply[i] * need[j] / larger * factors.get((i, j), 1) for i in everyone for j in everyone})
    if factors:
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
    outcomes = dict(zip(model["outcomes"], map(results.of_values, outcomes)))
    rows = {}
    for spec, table in zip(model["series"], series):
        months = [results.of_values(row) for row in table]
        rows[spec["name"]] = {key: [month[key] for month in months] for key in months[0]}
    results.save(output, trials, clock.read(), outcomes, rows)


if __name__ == "__main__":
    main()
